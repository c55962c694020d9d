package dev.daa.eval.report.measure;

import dev.daa.eval.curve.PointSampler;
import dev.daa.eval.record.Point;
import dev.daa.eval.record.ResponseSample;
import dev.daa.eval.record.StudyFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/// KL and rewards of a checkpoint's responses, prompt by prompt: what the bootstrap over prompts draws
/// from. All checkpoints of one size and seed answer the same prompts in the same order.
///
/// @param kl exact KL along the response to each prompt, nats
/// @param gold gold reward of the response to each prompt
/// @param win win against the reference response to each prompt: 1, ½ or 0
public record SampledRewards(double[] kl, double[] gold, double[] win) {

    /// Where the samples of a point come from.
    @FunctionalInterface
    public interface Source {
        /// The samples of a point; empty where its run kept none.
        Optional<SampledRewards> of(Point point) throws IOException;

        /// No samples: fits are bootstrapped over runs alone.
        static Source none() {
            return _ -> Optional.empty();
        }

        /// The `samples/` of a study's runs, kept once they are read.
        static Source inFolder(Path studyFolder) {
            Map<Path, Optional<SampledRewards>> known = new ConcurrentHashMap<>();
            return point -> {
                Path file = ResponseSample.file(
                        StudyFiles.run(studyFolder, point.cell().run()), point.step());
                Optional<SampledRewards> rewards = known.get(file);
                if (rewards == null) {
                    rewards = Files.exists(file)
                            ? Optional.of(SampledRewards.of(ResponseSample.read(file)))
                            : Optional.empty();
                    known.put(file, rewards);
                }
                return rewards;
            };
        }
    }

    static SampledRewards of(List<ResponseSample> samples) {
        return new SampledRewards(
                samples.stream().mapToDouble(ResponseSample::kl).toArray(),
                samples.stream().mapToDouble(ResponseSample::gold).toArray(),
                samples.stream().mapToDouble(ResponseSample::win).toArray());
    }

    int prompts() {
        return gold.length;
    }

    /// A sampler over runs and prompts. Seeds that start from one SFT run share its samples and prompts; other
    /// seeds have prompts of their own.
    ///
    /// @param starts SFT points, one per seed
    /// @param points checkpoints of these seeds
    /// @param cluster run of each of `points`
    /// @param reward [#gold] or [#win]
    /// @return empty where a run did not keep one sample per prompt
    static Optional<PointSampler> sampler(
            Source source,
            List<Point> starts,
            List<Point> points,
            int[] cluster,
            Function<SampledRewards, double[]> reward)
            throws IOException {
        List<String> runs =
                starts.stream().map(start -> start.cell().run()).distinct().toList();
        Map<Long, Integer> setOfSeed = new HashMap<>();
        double[][] origin = new double[runs.size()][];
        for (Point start : starts) {
            Optional<SampledRewards> samples = source.of(start);
            if (samples.isEmpty()
                    || samples.get().prompts() != start.evaluation().responses().prompts()) {
                return Optional.empty();
            }
            int at = runs.indexOf(start.cell().run());
            setOfSeed.put(start.cell().seed(), at);
            origin[at] = reward.apply(samples.get());
        }
        double[][] kl = new double[points.size()][];
        double[][] rewards = new double[points.size()][];
        int[] set = new int[points.size()];
        for (int i = 0; i < set.length; i++) {
            Optional<SampledRewards> samples = source.of(points.get(i));
            set[i] = setOfSeed.getOrDefault(points.get(i).cell().seed(), -1);
            if (set[i] < 0 || samples.isEmpty() || samples.get().prompts() != origin[set[i]].length) {
                return Optional.empty();
            }
            kl[i] = samples.get().kl();
            rewards[i] = reward.apply(samples.get());
        }
        return Optional.of(PointSampler.ofClustersAndPrompts(kl, rewards, origin, set, cluster));
    }
}
