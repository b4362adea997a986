// Command kubelet prints the flags of kubelet.
//
// The kubelet's command keeps its flag set in a local variable, so the set is
// put together here from the same parts.
package main

import (
	"fmt"
	"os"

	"github.com/spf13/pflag"
	"k8s.io/kubernetes/cmd/kubelet/app/options"

	"seaworthy.test/testbed/kubernetes/flags"
)

func main() {
	config, err := options.NewKubeletConfiguration()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	set := pflag.NewFlagSet("kubelet", pflag.ContinueOnError)
	options.NewKubeletFlags().AddFlags(set)
	options.AddKubeletConfigFlags(set, config)
	options.AddGlobalFlags(set)
	set.BoolP("help", "h", false, "help for kubelet")
	flags.Print(set)
}
