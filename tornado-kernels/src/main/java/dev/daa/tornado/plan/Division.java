package dev.daa.tornado.plan;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/// Which graphs send which arrays to the device. A task graph of TornadoVM has at most 1,024 nodes, some for each
/// array, and takes what stays on the device from *one* graph. So task graphs are put into sets that have few arrays of
/// their own, as the layers of a model do; what several sets name is shared.
///
/// @param shared arrays that graphs of more than one set name
/// @param own arrays that only the graphs of a set name, for each set
/// @param setOf the set of each graph
record Division(List<Object> shared, List<List<Object>> own, List<Integer> setOf) {
    /// Arrays of a set's own, and with less than this in all there is one set without any.
    static final int MOST = 150;

    /// @param named the arrays that each graph names
    static Division of(List<List<Object>> named) {
        Map<Object, List<Integer>> users = new IdentityHashMap<>();
        List<Object> arrays = new ArrayList<>();
        for (int graph = 0; graph < named.size(); graph++) {
            for (Object array : named.get(graph)) {
                users.computeIfAbsent(array, key -> {
                            arrays.add(key);
                            return new ArrayList<>();
                        })
                        .add(graph);
            }
        }
        if (arrays.size() <= MOST) {
            return new Division(arrays, List.of(List.of()), Collections.nCopies(named.size(), 0));
        }
        Sets sets = new Sets(named.size());
        // What few graphs name binds these together first.
        arrays.stream()
                .sorted(Comparator.comparingInt(array -> users(users, array).size()))
                .forEach(array -> sets.join(users(users, array)));
        return sets.divide(arrays, users);
    }

    private static List<Integer> users(Map<Object, List<Integer>> users, Object array) {
        return users.getOrDefault(array, List.of());
    }

    /// Graphs that were put together, and how many arrays they have of their own.
    private static final class Sets {
        private final int[] parent;
        private final int[] count;

        private Sets(int graphs) {
            parent = new int[graphs];
            count = new int[graphs];
            for (int graph = 0; graph < graphs; graph++) {
                parent[graph] = graph;
            }
        }

        private int root(int graph) {
            int at = graph;
            while (parent[at] != at) {
                at = parent[at];
            }
            return at;
        }

        /// Puts the users of an array together, unless they would have too many.
        private void join(List<Integer> users) {
            List<Integer> roots = users.stream().map(this::root).distinct().toList();
            int together = roots.stream().mapToInt(root -> count[root]).sum() + 1;
            if (together <= MOST) {
                int first = roots.getFirst();
                roots.forEach(root -> parent[root] = first);
                count[first] = together;
            }
        }

        private Division divide(List<Object> arrays, Map<Object, List<Integer>> users) {
            List<Integer> roots = new ArrayList<>();
            List<Integer> setOf = new ArrayList<>();
            for (int graph = 0; graph < parent.length; graph++) {
                int root = root(graph);
                if (!roots.contains(root)) {
                    roots.add(root);
                }
                setOf.add(roots.indexOf(root));
            }
            List<Object> shared = new ArrayList<>();
            List<List<Object>> own = new ArrayList<>();
            roots.forEach(root -> own.add(new ArrayList<>()));
            for (Object array : arrays) {
                List<Integer> sets =
                        users(users, array).stream().map(setOf::get).distinct().toList();
                (sets.size() == 1 ? own.get(sets.getFirst()) : shared).add(array);
            }
            return new Division(shared, own, setOf);
        }
    }
}
