# The rules as they are after the list of layers has been read: most cases begin there.

vcl 4.1;

include "default.vcl";

sub vcl_init {
    var.global_set("layers", "|guyane.a=a1|guyane.b=b1|guyane.new=-|");
    var.global_set("layers due", "9999999999");
    var.global_set("list", "1");
}
