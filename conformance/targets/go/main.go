// A server of Go's standard library (1.24 or later), cleartext and TLS.
//
// Usage: server ADDRESS TLSADDRESS CERT KEY
package main

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
)

var (
	small = []byte("hello from a go\n")
	large = bytes.Repeat([]byte("x"), 2<<20)
)

// content answers with its octets, whatever the method; net/http leaves them out for HEAD.
func content(octets []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("Content-Length", fmt.Sprint(len(octets)))
		w.Write(octets)
	}
}

// upload reads all of the content and answers with its length.
func upload(w http.ResponseWriter, r *http.Request) {
	octets, err := io.Copy(io.Discard, r.Body)
	if err != nil {
		return // The client gave the stream up, or broke the rules of its content.
	}
	fmt.Fprintf(w, "%d octets\n", octets)
}

func main() {
	address, tlsAddress, cert, key := os.Args[1], os.Args[2], os.Args[3], os.Args[4]
	mux := http.NewServeMux()
	mux.HandleFunc("/{$}", content(small))
	mux.HandleFunc("/large", content(large))
	mux.HandleFunc("POST /upload", upload)

	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	protocols.SetHTTP2(true)
	go func() {
		server := &http.Server{Addr: tlsAddress, Handler: mux, Protocols: protocols}
		log.Fatal(server.ListenAndServeTLS(cert, key))
	}()
	server := &http.Server{Addr: address, Handler: mux, Protocols: protocols}
	log.Fatal(server.ListenAndServe())
}
