# Addresses below /tiles/. Only a tile that can exist, of a layer that exists, in one spelling, reaches the tile server.

vcl 4.1;

sub tiles {
    if (req.method == "OPTIONS") {
        return (synth(704, "No Content"));
    }
    if (req.method != "GET" && req.method != "HEAD") {
        var.set("allow", "GET, HEAD, OPTIONS");
        return (synth(405, "Method Not Allowed"));
    }
    # The tile server's own answer would not mention the database; the probe does.
    if (req.url ~ "^/tiles/health(\?|$)") {
        if (std.healthy(tileserv)) {
            return (synth(200, "OK"));
        }
        return (synth(503, "Service Unavailable"));
    }
    if (req.url ~ "^/tiles/(index\.(json|html))?(\?|$)") {
        call catalogue;
    }
    if (req.url ~ "^/tiles/[^/?]*/[^/?]*/[^/?]*/[^/?]*(\?|$)") {
        var.set("layer", regsub(req.url, "^/tiles/([^/]*)/.*$", "\1"));
        if (var.get("layer") ~ ",|%2[cC]") {
            var.set("reason", "ask for one layer at a time");
            return (synth(400, "Bad Request"));
        }
        call need_layer;
        call tile;
    }
    if (req.url ~ "^/tiles/[^/?]+\.(json|html)(\?|$)") {
        var.set("layer", regsub(req.url, "^/tiles/([^/?]+)\.(json|html)(\?.*)?$", "\1"));
        call need_layer;
        call catalogue;
    }
    return (synth(404, "Not Found"));
}

# Answered from what the publication prepared; the tile server's own catalogue is unsafe while it makes tiles.
sub catalogue {
    set req.backend_hint = api;
    var.set("kind", "catalogue");
    set req.url = regsub(req.url, "\?.*$", "");
    call look_up;
}

# 404 unless the tile server's role may read the layer.
sub need_layer {
    call know_layers;
    if (var.get("layer") ~ "^[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*$") {
        call label_of_layer;
    }
    if (var.get("label") !~ "^=") {
        var.set("reason", "there is no such layer; /tiles/index.json lists those there are");
        return (synth(404, "Not Found"));
    }
}

sub tile {
    # The tile server's own options would let a caller choose how much work a tile is.
    call only_version;
    # Every extension is the same tile.
    set req.url = regsub(req.url, "\.\w{1,10}$", ".pbf");
    if (req.url !~ "^/tiles/[^/]+/(0|[1-9]\d*)/(0|[1-9]\d*)/(0|[1-9]\d*)\.pbf$") {
        var.set("reason", "tiles are asked for as /tiles/<layer>/<zoom>/<x>/<y>.pbf, in whole numbers");
        return (synth(400, "Bad Request"));
    }
    if (req.url !~ "^/tiles/[^/]+/(\d|1\d|2[0-2])/") {
        var.set("reason", "zoom ends at 22");
        return (synth(410, "Gone"));
    }
    # x and y below 2^zoom, which is looked up in a line of text: VCL has no powers.
    var.set("size", regsub(
        regsub(req.url, "^/tiles/[^/]+/(\d+)/.*$", "\1")
        + "| 0:1 1:2 2:4 3:8 4:16 5:32 6:64 7:128 8:256 9:512 10:1024 11:2048 12:4096 13:8192 14:16384 15:32768"
        + " 16:65536 17:131072 18:262144 19:524288 20:1048576 21:2097152 22:4194304",
        "^(\d+)\|.* \1:(\d+).*$", "\2"));
    if (req.url !~ "^/tiles/[^/]+/\d+/\d{1,7}/\d{1,7}\.pbf$"
        || std.integer(regsub(req.url, "^/tiles/[^/]+/\d+/(\d+)/.*$", "\1"), 0) >= std.integer(var.get("size"), 0)
        || std.integer(regsub(req.url, "^/tiles/[^/]+/\d+/\d+/(\d+)\..*$", "\1"), 0) >= std.integer(var.get("size"), 0)) {
        var.set("reason", "there is no such tile: x and y are numbers below 2^zoom");
        return (synth(400, "Bad Request"));
    }
    set req.backend_hint = tileserv;
    var.set("kind", "tile");
    if (var.get("handed") == "yes") {
        var.set("ahead", var.get("wanted"));
    }
    call look_up;
}
