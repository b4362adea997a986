// Command kube-proxy prints the flags of kube-proxy.
package main

import (
	"k8s.io/kubernetes/cmd/kube-proxy/app"

	"seaworthy.test/testbed/kubernetes/flags"
)

func main() {
	flags.PrintCommand(app.NewProxyCommand())
}
