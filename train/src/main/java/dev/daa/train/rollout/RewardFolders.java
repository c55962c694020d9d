package dev.daa.train.rollout;

import dev.daa.compute.Backend;
import dev.daa.compute.InputException;
import dev.daa.compute.JointMemory;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.generate.Generator;
import dev.daa.model.generate.Response;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.data.DataReader;
import dev.daa.train.data.PreferencePair;
import dev.daa.train.run.InputHashes;
import dev.daa.train.run.Seeds;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;

/// Reward models in folders, together one reward.
///
/// @param folders at least one, each with a scalar head
/// @param rule how several become one
/// @param penalty λ of the rules that have one
/// @param bound whether each counts by its lower confidence bound
/// @param length what comes off each for the length of a response
/// @param comparisons that the bound knows; empty without one
public record RewardFolders(
        List<ModelFolder> folders,
        RewardEnsemble.Rule rule,
        double penalty,
        LowerConfidence bound,
        LengthPenalty length,
        List<PreferencePair> comparisons) {
    private static final int CONCURRENT = 256;

    public RewardFolders {
        folders = List.copyOf(folders);
        comparisons = List.copyOf(comparisons);
    }

    /// Refuses a config that names no reward model where one is needed.
    ///
    /// @param reward as the key of the same name has it
    public static void requireNamed(List<Path> reward) {
        if (reward.isEmpty()) {
            throw new InputException("reward is [], expected at least one reward-model folder");
        }
    }

    /// Opens the folders and checks that they score what a policy writes.
    ///
    /// @param policy whose tokens they read
    public static RewardFolders open(
            List<Path> paths,
            ModelFolder policy,
            RewardEnsemble.Rule rule,
            double penalty,
            LowerConfidence bound,
            LengthPenalty length) {
        List<ModelFolder> folders = new ArrayList<>();
        for (Path path : paths) {
            folders.add(open(path, policy));
        }
        return new RewardFolders(
                folders,
                rule,
                penalty,
                bound,
                length,
                bound.comparisons() == null ? List.of() : DataReader.of(policy).pairs(bound.comparisons()));
    }

    /// Opens one and checks that it scores what a policy writes.
    public static ModelFolder open(Path path, ModelFolder policy) {
        ModelFolder folder = ModelFolder.open(path);
        if (folder.head() != Head.SCALAR) {
            throw new InputException(
                    path + ": found a language model, expected a reward model, as `daa reward` trains");
        }
        folder.requireReads(policy);
        return folder;
    }

    /// Adds what the reward is read from.
    public InputHashes addTo(InputHashes inputs) {
        folders.forEach(inputs::model);
        return inputs.file(bound.comparisons());
    }

    /// Memory that the reward takes.
    public JointMemory plan(Backend backend, int longest) {
        JointMemory memory = JointMemory.of();
        for (ModelFolder folder : folders) {
            TransformerParameters parameters = new TransformerParameters(folder.config(), Head.SCALAR, "reward");
            memory.add(RewardModel.plan(backend, parameters, longest));
            if (bound.factor() > 0) {
                memory.add(LowerConfidenceReward.plan(backend, parameters, longestOfAll(longest)));
            }
        }
        return memory;
    }

    /// Whether [#reward] needs samples: where the members' origins decide, or what scores owe to length is
    /// measured.
    public boolean needsSamples() {
        return length.residual() || rule.needsCentring(folders.size());
    }

    /// The reward, each member and what they become centred on samples of a reference, so that these score 0 on
    /// average.
    ///
    /// @param longest tokens of the longest sequence
    /// @param samples none leave origins as they are
    /// @throws InputException where a score is not finite, when it is asked for
    public ResponseReward reward(Backend backend, int longest, List<Sequence> samples, BooleanSupplier cancelled) {
        List<ResponseReward> members = new ArrayList<>();
        for (ModelFolder folder : folders) {
            ResponseReward member = new Finite(folder.path(), member(backend, folder, longest, cancelled));
            members.add(centred(
                    length.isOn() ? length.of(member, samples, cancelled).takenOff(member) : member,
                    samples,
                    cancelled));
        }
        if (members.size() == 1) {
            return members.getFirst();
        }
        ResponseReward ensemble = new RewardEnsemble(members, rule, penalty);
        return rule.needsCentring(folders.size()) ? centred(ensemble, samples, cancelled) : ensemble;
    }

    /// Refuses a score that is not finite: no order, mean or gain of rewards is left where one is NaN.
    private record Finite(Path folder, ResponseReward reward) implements ResponseReward {
        @Override
        public double[] score(List<Sequence> responses, BooleanSupplier cancelled) {
            double[] scores = reward.score(responses, cancelled);
            for (int i = 0; i < scores.length; i++) {
                if (!Double.isFinite(scores[i])) {
                    throw InputException.of(
                            folder + ": response " + (i + 1) + " of " + scores.length,
                            "a score of " + scores[i],
                            "finite numbers",
                            "the reward model's weights are too large; use another or an earlier checkpoint");
                }
            }
            return scores;
        }

        @Override
        public void close() {
            reward.close();
        }
    }

    private ResponseReward member(Backend backend, ModelFolder folder, int longest, BooleanSupplier cancelled) {
        if (bound.factor() == 0) {
            return RewardModel.of(backend, folder, longest, 0);
        }
        Model model = folder.load(backend, new TransformerParameters(folder.config(), Head.SCALAR, "reward"));
        ResponseReward bounded = new LowerConfidenceReward(
                backend,
                new RewardModel(backend, model, longest, 0),
                model,
                longest,
                LowerConfidenceReward.confidence(
                        backend, model, longestOfAll(longest), comparisonsOf(folder), bound.ridge(), cancelled),
                bound.factor());
        return UpToPadding.of(bounded, folder);
    }

    /// The comparisons where a folder's model reads them.
    private List<PreferencePair> comparisonsOf(ModelFolder folder) {
        if (folder.paddingTokenId().isEmpty()) {
            return comparisons;
        }
        int padding = folder.paddingTokenId().getAsInt();
        return comparisons.stream()
                .map(pair -> new PreferencePair(
                        new int[0],
                        pair.chosenSequence().upToPadding(padding).tokens(),
                        pair.rejectedSequence().upToPadding(padding).tokens()))
                .toList();
    }

    /// The comparisons among them.
    private int longestOfAll(int longest) {
        return comparisons.stream()
                .mapToInt(pair -> Math.max(
                        pair.chosenSequence().length(), pair.rejectedSequence().length()))
                .reduce(longest, Math::max);
    }

    private static ResponseReward centred(ResponseReward reward, List<Sequence> samples, BooleanSupplier cancelled) {
        return samples.isEmpty()
                ? reward
                : new RewardScale(
                                1,
                                -Arrays.stream(reward.score(samples, cancelled))
                                        .average()
                                        .orElseThrow())
                        .applied(reward);
    }

    /// One response of the reference to each of the first prompts, on which a reward is centred.
    ///
    /// @param count most prompts to ask
    public static List<Sequence> samples(
            Backend backend,
            Model reference,
            RolloutSampler.Shape shape,
            List<int[]> prompts,
            int count,
            long seed,
            BooleanSupplier cancelled) {
        List<int[]> asked = prompts.subList(0, Math.min(count, prompts.size()));
        List<Sequence> samples = new ArrayList<>();
        if (!asked.isEmpty()) {
            try (Generator generator = new Generator(
                    backend,
                    reference,
                    Math.min(CONCURRENT, asked.size()),
                    shape.longestPrompt(),
                    shape.sampling().maximumTokens())) {
                Response[][] drawn = generator.generate(asked, 1, shape.sampling(), seed, cancelled);
                for (int i = 0; i < drawn.length; i++) {
                    samples.add(new Sequence(asked.get(i), drawn[i][0].tokens()));
                }
            }
        }
        return samples;
    }

    /// A model with a scalar head from a folder; a language head is replaced by a fresh one.
    ///
    /// @param layoutName `reward` or `value`
    public static Model scalar(Backend backend, ModelFolder source, String layoutName, Seeds seeds) {
        return switch (source.head()) {
            case LANGUAGE -> {
                TransformerParameters parameters =
                        new TransformerParameters(source.config(), Head.LANGUAGE, "language");
                yield source.load(backend, parameters).withScalarHead(backend, layoutName, seeds.stream("scalar head"));
            }
            case SCALAR -> {
                TransformerParameters parameters = new TransformerParameters(source.config(), Head.SCALAR, layoutName);
                yield source.load(backend, parameters);
            }
        };
    }
}
