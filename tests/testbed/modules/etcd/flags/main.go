// Command flags prints the flags of etcd, one a line: name, Go type of the
// value, default, the value a bare flag takes, and whether it is deprecated,
// with tabs between.
package main

import (
	"flag"
	"fmt"
	"strings"

	"go.etcd.io/etcd/server/v3/embed"
)

// addCommandFlags adds what etcd's command adds to the server's flags: its own
// function for that is not exported.
func addCommandFlags(set *flag.FlagSet) {
	set.String("config-file", "", "")
	set.String("discovery-fallback", "exit", "")
	set.String("initial-cluster-state", "new", "")
	set.String("v2-deprecation", "write-only", "Deprecated")
	set.Bool("version", false, "")
}

func main() {
	set := flag.NewFlagSet("etcd", flag.ContinueOnError)
	embed.NewConfig().AddFlags(set)
	addCommandFlags(set)
	set.VisitAll(func(f *flag.Flag) {
		bare, state := "", ""
		if value, ok := f.Value.(interface{ IsBoolFlag() bool }); ok && value.IsBoolFlag() {
			bare = "true"
		}
		if strings.Contains(f.Usage, "Deprecated") {
			state = "deprecated"
		}
		kind := strings.TrimPrefix(fmt.Sprintf("%T", f.Value), "*")
		fmt.Println(strings.Join([]string{f.Name, kind, f.DefValue, bare, state}, "\t"))
	})
}
