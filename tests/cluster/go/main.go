// Command tradefleet-kubernetes is every component of the test cluster in one binary: the first
// argument says which of them to be.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	kubectl "k8s.io/kubectl/pkg/cmd"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

var commands = map[string]func() *cobra.Command{
	"kube-apiserver": func() *cobra.Command {
		forwardFromMachine()
		return apiserver.NewAPIServerCommand()
	},
	"kube-controller-manager": controllermanager.NewControllerManagerCommand,
	"kube-scheduler":          func() *cobra.Command { return scheduler.NewSchedulerCommand() },
	// It sets up its own signal handling; a second one would panic.
	"kubelet":    func() *cobra.Command { return kubelet.NewKubeletCommand(context.Background()) },
	"kube-proxy": proxy.NewProxyCommand,
	"kubectl":    kubectl.NewDefaultKubectlCommand,
}

var programs = map[string]func(args []string){
	"etcd":    func(args []string) { etcdmain.Main(append([]string{"etcd"}, args...)) },
	"coredns": runCoreDNS,
	"certs":   runCerts,
}

func main() {
	// A link named like a component is that component: .cluster/bin/kubectl is one.
	name, args := filepath.Base(os.Args[0]), os.Args[1:]
	if !known(name) {
		if len(args) == 0 || !known(args[0]) {
			fmt.Fprintln(os.Stderr, "usage: tradefleet-kubernetes COMPONENT [ARGUMENTS]")
			os.Exit(2)
		}
		name, args = args[0], args[1:]
	}
	os.Args = append([]string{name}, args...)
	if run, ok := programs[name]; ok {
		run(args)
		return
	}
	os.Exit(cli.Run(commands[name]()))
}

func known(name string) bool {
	_, isCommand := commands[name]
	_, isProgram := programs[name]
	return isCommand || isProgram
}
