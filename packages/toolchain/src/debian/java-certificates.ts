/**
 * A Perl program (mmdebstrap brings Perl) that sets the times of entry in a Java key store to SOURCE_DATE_EPOCH and seals it again,
 * so that two bootstraps give the same bytes. What is no key store of the first kind under Java's well-known password stays as it is.
 *
 * @see https://github.com/openjdk/jdk/blob/jdk-21-ga/src/java.base/share/classes/sun/security/provider/JavaKeyStore.java
 */
export const JAVA_CERTIFICATES_PROGRAM = `use strict; use Digest::SHA "sha1";
my ($path) = @ARGV;
open my $in, "<:raw", $path or die "$path: $!";
my $store = do { local $/; <$in> };
my $key = pack("n*", unpack("C*", "changeit")) . "Mighty Aphrodite";
my $body = substr($store, 0, -20);
exit 0 if unpack("N", $body) != 0xfeedfeed or sha1($key . $body) ne substr($store, -20);
my ($version, $count) = unpack("x4 N N", $body);
my $at = 12;
for (1 .. $count) {
  exit 0 if unpack("x$at N", $body) != 2;
  $at += 4;
  $at += 2 + unpack("x$at n", $body);
  substr($body, $at, 8) = pack("Q>", 1000 * $ENV{SOURCE_DATE_EPOCH});
  $at += 8;
  $at += 2 + unpack("x$at n", $body) if $version == 2;
  $at += 4 + unpack("x$at N", $body);
}
open my $out, "+<:raw", $path or die "$path: $!";
print $out $body, sha1($key . $body) or die "$path: $!";
close $out or die "$path: $!";`
