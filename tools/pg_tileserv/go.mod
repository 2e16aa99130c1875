// Pins the tile server. The launcher reads the version here and runs
// `go install github.com/CrunchyData/pg_tileserv@<version>`; Go checks the download against its checksum database.
module sagui/tools/pg_tileserv

go 1.21

require github.com/CrunchyData/pg_tileserv v1.0.11
