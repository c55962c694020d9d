/// Alignment on samples of the policy itself, labelled as they come: online and iterative DPO and its family, RAFT.
@NullMarked
package dev.daa.train.online;

import org.jspecify.annotations.NullMarked;
