package eventlog

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
)

// gzipMagic is how a compressed file begins.
var gzipMagic = []byte{0x1f, 0x8b}

// errGzipCutOff is of a compressed file that was not copied whole.
var errGzipCutOff = errors.New("the compressed file ends in the middle")

// plainText returns what a file says, decompressed if it is compressed.
func plainText(file io.Reader) *bufio.Reader {
	in := bufio.NewReaderSize(file, 1<<16)
	if start, _ := in.Peek(len(gzipMagic)); !bytes.Equal(start, gzipMagic) {
		return in
	}
	return bufio.NewReaderSize(&unzipped{from: in}, 1<<16)
}

// unzipped begins to decompress when it is read, so that damage at the start is
// reported as all other is.
type unzipped struct {
	from *bufio.Reader
	zip  *gzip.Reader
}

func (u *unzipped) Read(p []byte) (n int, err error) {
	if u.zip == nil {
		if u.zip, err = gzip.NewReader(u.from); err != nil {
			return 0, cutOff(err)
		}
	}
	n, err = u.zip.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = cutOff(err)
	}
	return n, err
}

// cutOff says in words of the log that a compressed file ends too soon.
func cutOff(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errGzipCutOff
	}
	return err
}
