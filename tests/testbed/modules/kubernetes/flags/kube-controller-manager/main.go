// Command kube-controller-manager prints the flags of kube-controller-manager.
package main

import (
	"k8s.io/kubernetes/cmd/kube-controller-manager/app"

	"seaworthy.test/testbed/kubernetes/flags"
)

func main() {
	flags.PrintCommand(app.NewControllerManagerCommand())
}
