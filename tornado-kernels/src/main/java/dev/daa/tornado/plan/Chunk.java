package dev.daa.tornado.plan;

import dev.daa.tornado.lowering.Launch;
import java.util.ArrayList;
import java.util.List;

/// A run of launches that becomes one task graph.
///
/// @param launches in order
public record Chunk(List<Launch> launches) {
    /// Tasks of a graph whose pattern does not repeat.
    private static final int LARGEST = 48;

    private static final int SHORTEST_PERIOD = 4;
    private static final int LONGEST_PERIOD = 96;

    /// What the compiled code of the whole run depends on.
    String key() {
        return String.join(";", launches.stream().map(Launch::key).toList());
    }

    /// Splits launches so that what repeats, as the layers of a model do, becomes graphs of equal keys: the longest
    /// stretch of equal neighbouring runs first, and at most [#LARGEST] launches to a graph elsewhere.
    public static List<Chunk> split(List<Launch> launches) {
        List<String> keys = launches.stream().map(Launch::key).toList();
        List<Chunk> chunks = new ArrayList<>();
        List<Launch> loose = new ArrayList<>();
        int at = 0;
        while (at < launches.size()) {
            int period = period(keys, at);
            if (period == 0) {
                loose.add(launches.get(at++));
                if (loose.size() == LARGEST) {
                    chunks.add(new Chunk(List.copyOf(loose)));
                    loose.clear();
                }
                continue;
            }
            if (!loose.isEmpty()) {
                chunks.add(new Chunk(List.copyOf(loose)));
                loose.clear();
            }
            int times = times(keys, at, period);
            for (int i = 0; i < times; i++) {
                chunks.add(new Chunk(List.copyOf(launches.subList(at, at + period))));
                at += period;
            }
        }
        if (!loose.isEmpty()) {
            chunks.add(new Chunk(List.copyOf(loose)));
        }
        return chunks;
    }

    /// Length of the run that repeats from `at` on and covers most with it, or 0.
    private static int period(List<String> keys, int at) {
        int best = 0;
        int covered = 0;
        for (int period = SHORTEST_PERIOD; period <= LONGEST_PERIOD && at + 2 * period <= keys.size(); period++) {
            int times = times(keys, at, period);
            if (times > 1 && times * period > covered) {
                best = period;
                covered = times * period;
            }
        }
        return best;
    }

    private static int times(List<String> keys, int at, int period) {
        List<String> pattern = keys.subList(at, at + period);
        int times = 1;
        for (int next = at + period; next + period <= keys.size(); next += period) {
            if (!keys.subList(next, next + period).equals(pattern)) {
                break;
            }
            times++;
        }
        return times;
    }
}
