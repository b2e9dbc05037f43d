package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"flag"
	"log"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// A cluster of a developer's machine may stand for long; nothing outside it trusts this authority.
const validFor = 5 * 365 * 24 * time.Hour

// runCerts fills -out with a certificate authority (ca), the API server's serving certificate for
// -names (apiserver), a client certificate of the group system:masters with which the API server
// calls the kubelet (kubelet-client), and the key pair that signs service-account tokens (sa).
func runCerts(args []string) {
	flags := flag.NewFlagSet("certs", flag.ExitOnError)
	out := flags.String("out", "", "folder to write .crt and .key files into")
	names := flags.String("names", "", "host names and addresses of the API server, by comma")
	_ = flags.Parse(args) // ExitOnError
	if *out == "" || *names == "" {
		log.Fatal("certs: -out and -names are required")
	}
	authority := template("tradefleet-cluster-ca")
	authority.IsCA, authority.BasicConstraintsValid = true, true
	authority.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature
	authorityKey := writePair(*out, "ca", authority, authority, nil)

	server := template("kube-apiserver")
	server.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	for _, name := range strings.Split(*names, ",") {
		if address := net.ParseIP(name); address != nil {
			server.IPAddresses = append(server.IPAddresses, address)
		} else {
			server.DNSNames = append(server.DNSNames, name)
		}
	}
	writePair(*out, "apiserver", server, authority, authorityKey)

	client := template("kube-apiserver-kubelet-client")
	client.Subject.Organization = []string{"system:masters"}
	client.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	writePair(*out, "kubelet-client", client, authority, authorityKey)

	key := newKey()
	writeKey(filepath.Join(*out, "sa.key"), key)
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	check(err)
	writePEM(filepath.Join(*out, "sa.pub"), "PUBLIC KEY", public, 0o644)
}

func template(commonName string) *x509.Certificate {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	check(err)
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: commonName},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(validFor),
		KeyUsage:     x509.KeyUsageDigitalSignature,
	}
}

// writePair writes the certificate and its key; without a parentKey it signs itself.
func writePair(
	folder, name string, wanted, parent *x509.Certificate, parentKey *ecdsa.PrivateKey,
) *ecdsa.PrivateKey {
	key := newKey()
	if parentKey == nil {
		parentKey = key
	}
	signed, err := x509.CreateCertificate(rand.Reader, wanted, parent, &key.PublicKey, parentKey)
	check(err)
	writePEM(filepath.Join(folder, name+".crt"), "CERTIFICATE", signed, 0o644)
	writeKey(filepath.Join(folder, name+".key"), key)
	return key
}

func newKey() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	return key
}

func writeKey(path string, key *ecdsa.PrivateKey) {
	bytes, err := x509.MarshalPKCS8PrivateKey(key)
	check(err)
	writePEM(path, "PRIVATE KEY", bytes, 0o600)
}

func writePEM(path, kind string, bytes []byte, mode os.FileMode) {
	block := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes})
	check(os.WriteFile(path, block, mode))
}

func check(err error) {
	if err != nil {
		log.Fatal("certs: ", err)
	}
}
