package dev.daa.eval.report.measure;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dev.daa.eval.curve.HackingThreshold;
import dev.daa.eval.curve.HedgeTune;
import dev.daa.eval.curve.InferenceTimeMethod;
import dev.daa.eval.curve.ScoredPrompt;
import dev.daa.eval.record.Method;
import dev.daa.eval.record.Point;
import dev.daa.eval.record.ScoresCsv;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/// From where on picking by each of a study's reward models loses gold, from the samples that its runs of best of n
/// kept.
///
/// @param models those whose runs kept them
/// @param unkept runs of best of n that did not
public record Thresholds(List<OfModel> models, List<String> unkept) {
    /// One reward model on the policies of one size.
    ///
    /// @param objective as points have it
    /// @param methods in their order
    /// @param curve expected gold by the best of n, over n
    /// @param doublings log₂ of best of n's threshold by each seed alone, at most log₂ N
    public record OfModel(
            String objective,
            String size,
            String proxy,
            List<HackingThreshold> methods,
            List<HedgeTune.Expected> curve,
            SortedMap<String, Double> doublings) {
        public HackingThreshold of(InferenceTimeMethod method) {
            return methods.get(method.ordinal());
        }
    }

    /// An entry of `report/thresholds.json`.
    private record Entry(
            String objective,
            String size,
            String proxy,
            @JsonUnwrapped HackingThreshold threshold) {}

    private record Key(String objective, String size, String proxy) {}

    public static Thresholds none() {
        return new Thresholds(List.of(), List.of());
    }

    /// Of all runs of best of n that have points.
    public static Thresholds inFolder(Path studyFolder, List<Point> points) throws IOException {
        Map<Key, List<String>> runs = new LinkedHashMap<>();
        for (Point point : points) {
            Point.Cell cell = point.cell();
            if (cell.method() == Method.BEST_OF_N) {
                List<String> known = runs.computeIfAbsent(
                        new Key(cell.objective(), cell.size(), cell.proxy()), _ -> new ArrayList<>());
                if (!known.contains(cell.run())) {
                    known.add(cell.run());
                }
            }
        }
        List<String> unkept = new ArrayList<>();
        List<Key> measured = new ArrayList<>();
        for (Map.Entry<Key, List<String>> entry : runs.entrySet()) {
            List<String> without = entry.getValue().stream()
                    .filter(run -> !Files.exists(file(studyFolder, run)))
                    .toList();
            unkept.addAll(without);
            if (without.size() < entry.getValue().size()) {
                measured.add(entry.getKey());
            }
        }
        List<OfModel> models = Parallel.map(measured, key -> {
            List<ScoredPrompt> prompts = new ArrayList<>();
            for (String run : runs.getOrDefault(key, List.of())) {
                if (Files.exists(file(studyFolder, run))) {
                    prompts.addAll(ScoresCsv.read(file(studyFolder, run)));
                }
            }
            return of(key, prompts);
        });
        return new Thresholds(
                models.stream().filter(model -> !model.methods().isEmpty()).toList(), List.copyOf(unkept));
    }

    private static Path file(Path studyFolder, String run) {
        return ScoresCsv.in(studyFolder.resolve("runs").resolve(run));
    }

    /// Without methods where a prompt has a single sample, of which nothing is picked.
    private static OfModel of(Key key, List<ScoredPrompt> prompts) {
        boolean picked = prompts.stream().allMatch(prompt -> prompt.proxy().length > 1);
        List<HedgeTune> tuned = picked
                ? Arrays.stream(InferenceTimeMethod.values())
                        .map(method -> new HedgeTune(method, prompts))
                        .toList()
                : List.of();
        return new OfModel(
                key.objective(),
                key.size(),
                key.proxy(),
                tuned.stream().map(HedgeTune::threshold).toList(),
                picked ? tuned.getFirst().curve() : List.of(),
                picked ? tuned.getFirst().doublingsOfSeeds() : Collections.emptySortedMap());
    }

    /// All of them as the report's file has them.
    public List<Object> entries() {
        List<Object> entries = new ArrayList<>();
        for (OfModel model : models) {
            for (HackingThreshold threshold : model.methods()) {
                entries.add(new Entry(model.objective(), model.size(), model.proxy(), threshold));
            }
        }
        return entries;
    }
}
