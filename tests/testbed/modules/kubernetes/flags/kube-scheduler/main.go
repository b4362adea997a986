// Command kube-scheduler prints the flags of kube-scheduler.
package main

import (
	"k8s.io/kubernetes/cmd/kube-scheduler/app"

	"seaworthy.test/testbed/kubernetes/flags"
)

func main() {
	flags.PrintCommand(app.NewSchedulerCommand())
}
