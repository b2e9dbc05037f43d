package main

import (
	"io"
	"log"
	"net"
	"os"
	"strconv"
)

// listenerVariable names the file descriptor of a listening socket of the machine's own network.
// The API server runs in the node's network; this is how the machine's loopback reaches it, and a
// stopped API server is refused there too: the socket ends with the process.
const listenerVariable = "TRADEFLEET_LISTENER_FD"

const apiServerAddress = "127.0.0.1:6443"

func forwardFromMachine() {
	value := os.Getenv(listenerVariable)
	if value == "" {
		return
	}
	descriptor, err := strconv.Atoi(value)
	if err != nil {
		log.Fatalf("%s: %v", listenerVariable, err)
	}
	listener, err := net.FileListener(os.NewFile(uintptr(descriptor), "machine-listener"))
	if err != nil {
		log.Fatalf("%s: %v", listenerVariable, err)
	}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				log.Fatalf("accept from the machine: %v", err)
			}
			go forward(connection)
		}
	}()
}

func forward(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", apiServerAddress)
	if err != nil {
		return // Not listening yet: the client sees a closed connection and tries again.
	}
	defer server.Close()
	go func() {
		_, _ = io.Copy(server, client)
		_ = server.(*net.TCPConn).CloseWrite()
	}()
	_, _ = io.Copy(client, server)
}
