// Command etcd is upstream's server, unchanged: see go.mod for why it is built through a module of our own.
package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() { etcdmain.Main(os.Args) }
