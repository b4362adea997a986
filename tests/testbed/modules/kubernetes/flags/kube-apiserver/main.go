// Command kube-apiserver prints the flags of kube-apiserver.
package main

import (
	"k8s.io/kubernetes/cmd/kube-apiserver/app"

	"seaworthy.test/testbed/kubernetes/flags"
)

func main() {
	flags.PrintCommand(app.NewAPIServerCommand())
}
