#!/usr/bin/perl
# What scorers of tag columns count, in one pass over standard input, to measure against: chunks of the last two columns
# (gold, predicted) as the scorers of the CoNLL shared tasks define them, by label. Prints, tab-separated, one line a
# label and one for all of them ("*"): gold, predicted, right.
#
# A chunk begins at B or S, at I or E after no chunk or another label, and at I after E or S; it ends before O, before
# another label and before B or S, and after E or S. A chunk is right if it begins, ends and is labelled alike.
use strict;
use warnings;

my (%gold, %predicted, %right);
my ($gold_kind, $gold_label, $predicted_kind, $predicted_label) = ("O", "", "O", "");
my $both = 0;    # the label of a chunk that is open on both sides and began on both at once; "" is no label, 0 is none

# Whether a chunk ends between two tags, and whether one begins at the second.
sub ends {
    my ($before, $label_before, $kind, $label) = @_;
    return 0 if $before eq "O";
    return $kind eq "O" || $label_before ne $label || $kind eq "B" || $kind eq "S" || $before eq "E" || $before eq "S";
}

sub begins {
    my ($before, $label_before, $kind, $label) = @_;
    return 0 if $kind eq "O";
    return $before eq "O" || $label_before ne $label || $kind eq "B" || $kind eq "S" || $before eq "E" || $before eq "S";
}

sub tag {
    my ($kind, $label) = split /-/, $_[0], 2;
    return ($kind, defined $label ? $label : "");
}

sub token {
    my ($gk, $gl, $pk, $pl) = @_;
    my $gold_ends = ends($gold_kind, $gold_label, $gk, $gl);
    my $predicted_ends = ends($predicted_kind, $predicted_label, $pk, $pl);
    if ($both) {
        if ($gold_ends && $predicted_ends) { $right{$gold_label}++; $both = 0; }
        elsif ($gold_ends || $predicted_ends || $gl ne $pl) { $both = 0; }
    }
    my $gold_begins = begins($gold_kind, $gold_label, $gk, $gl);
    my $predicted_begins = begins($predicted_kind, $predicted_label, $pk, $pl);
    $both = 1 if $gold_begins && $predicted_begins && $gl eq $pl;
    $gold{$gl}++ if $gold_begins;
    $predicted{$pl}++ if $predicted_begins;
    ($gold_kind, $gold_label, $predicted_kind, $predicted_label) = ($gk, $gl, $pk, $pl);
}

while (my $line = <STDIN>) {
    chomp $line;
    my @cells = split /\s+/, $line;
    if (!@cells || $cells[0] eq "-DOCSTART-") { token("O", "", "O", ""); next; }
    my $predicted = pop @cells;
    my $gold = pop @cells;
    token(tag($gold), tag($predicted));
}
token("O", "", "O", "");

my ($all_gold, $all_predicted, $all_right) = (0, 0, 0);
for my $label (sort keys %{{%gold, %predicted}}) {
    my ($g, $p, $r) = map { $_->{$label} || 0 } (\%gold, \%predicted, \%right);
    print join("\t", $label, $g, $p, $r), "\n";
    $all_gold += $g; $all_predicted += $p; $all_right += $r;
}
print join("\t", "*", $all_gold, $all_predicted, $all_right), "\n";
