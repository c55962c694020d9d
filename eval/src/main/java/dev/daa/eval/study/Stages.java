package dev.daa.eval.study;

import dev.daa.eval.study.config.Cell;
import dev.daa.eval.study.config.ProxyMember;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// What has to be there before some cells can run.
///
/// @param bases SFT models to start from, and those that reward models of other sizes start from
/// @param members reward models to be trained
record Stages(List<Cell.Base> bases, List<ProxyMember> members) {
    static Stages of(List<Cell> cells) {
        Set<Cell.Base> bases =
                new LinkedHashSet<>(cells.stream().map(Cell::base).toList());
        Set<ProxyMember> members = new LinkedHashSet<>();
        for (Cell cell : cells) {
            if (cell.proxy() != null) {
                ProxyMember.Key key = ProxyMember.Key.of(cell);
                bases.add(key.start());
                members.addAll(key.members());
            }
        }
        return new Stages(List.copyOf(bases), List.copyOf(members));
    }

    List<ProxyMember.Key> proxies() {
        return members.stream().map(ProxyMember::key).distinct().toList();
    }
}
