// Package flags prints a component's command-line flags, one a line: name,
// pflag's name of the type, default, the value a bare flag takes, and whether
// it is deprecated or hidden, with tabs between.
//
// It asks the component's own flag set instead of reading --help, which leaves
// out hidden flags and defaults that are a type's zero. Every component has a
// program of its own: what they register with Go's global flags would mix.
package flags

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	cliflag "k8s.io/component-base/cli/flag"
	_ "k8s.io/component-base/logs/json/register" // The components' own main packages do this too.
)

// PrintCommand lists all flags that a command takes, those that cobra adds when it runs included.
func PrintCommand(command *cobra.Command) {
	command.InitDefaultHelpFlag()
	Print(command.Flags())
}

// Print lists the flags of a set under the names the component shows.
func Print(set *pflag.FlagSet) {
	set.SetNormalizeFunc(cliflag.WordSepNormalizeFunc)
	set.VisitAll(func(f *pflag.Flag) {
		state := ""
		switch {
		case f.Deprecated != "" || strings.Contains(f.Usage, "DEPRECATED"):
			state = "deprecated"
		case f.Hidden:
			state = "hidden"
		}
		fields := []string{f.Name, f.Value.Type(), f.DefValue, f.NoOptDefVal, state}
		fmt.Println(strings.Join(fields, "\t"))
	})
}
