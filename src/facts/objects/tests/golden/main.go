// Writes each object of a manifest as the API server would: protobuf in its envelope, after a length of four bytes.
//
//	go run . < objects.yaml > objects.pb
//
// in a module that requires k8s.io/{api,apiextensions-apiserver,apimachinery,client-go,kube-aggregator} v0.36.3.
package main

import (
	"bufio"
	"encoding/binary"
	"io"
	"log"
	"os"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes/scheme"
	apiregistration "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
)

func main() {
	if err := apiextensions.AddToScheme(scheme.Scheme); err != nil {
		log.Fatal(err)
	}
	if err := apiregistration.AddToScheme(scheme.Scheme); err != nil {
		log.Fatal(err)
	}
	strict := json.SerializerOptions{Yaml: true, Strict: true}
	decoder := json.NewSerializerWithOptions(json.DefaultMetaFactory, scheme.Scheme, scheme.Scheme, strict)
	encoder := protobuf.NewSerializer(scheme.Scheme, scheme.Scheme)
	documents := yaml.NewYAMLReader(bufio.NewReader(os.Stdin))
	for {
		document, err := documents.Read()
		if err == io.EOF {
			return
		}
		if err != nil {
			log.Fatal(err)
		}
		object, _, err := decoder.Decode(document, nil, nil)
		if err != nil {
			log.Fatalf("%v\n%s", err, document)
		}
		body, err := runtime.Encode(encoder, object)
		if err != nil {
			log.Fatal(err)
		}
		length := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
		if _, err := os.Stdout.Write(append(length, body...)); err != nil {
			log.Fatal(err)
		}
	}
}
