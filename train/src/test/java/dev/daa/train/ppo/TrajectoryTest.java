package dev.daa.train.ppo;

import dev.daa.compute.Backend;
import dev.daa.model.generate.StopTokens;
import dev.daa.model.score.Sequence;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Model;
import dev.daa.train.TorchTrajectory;
import dev.daa.train.data.Examples;
import dev.daa.train.loop.Batching;
import dev.daa.train.rollout.ResponseReward;
import dev.daa.train.rollout.RewardEnsemble;
import dev.daa.train.run.Metrics;
import dev.daa.train.run.Seeds;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Whole trajectories, from sampled responses to the weights after three steps, against PyTorch: `trajectory.json`
/// says how it was made.
class TrajectoryTest {
    private static final int BATCH = 8;
    private static final int MICRO_BATCH = 3;
    private static final List<Sequence> DEMONSTRATIONS = List.of(
            new Sequence(new int[] {1}, new int[] {2, 0}),
            new Sequence(new int[] {3, 4}, new int[] {1, 1, 3, 0}),
            new Sequence(new int[] {2}, new int[] {0}));

    /// What a second reward model says.
    private static double[] second(List<Sequence> responses, BooleanSupplier cancelled) {
        return responses.stream()
                .mapToDouble(response -> Math.cos(response.response().length) + 0.3 * response.response()[0])
                .toArray();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ppo",
                "ppo_plain",
                "rloo",
                "rloo_par",
                "rloo_chi2",
                "ppo_chi2",
                "rloo_constrained",
                "ppo_constrained",
                "grpo",
                "reinforce",
                "remax",
                "remax_clip",
                "dr_grpo",
                "dapo",
                "gspo",
                "cispo",
                "reinforce_plus_plus",
                "reinforce_plus_plus_baseline",
                "early_stop"
            })
    void aTrajectoryIsThatOfTorch(String name) throws IOException {
        TorchTrajectory torch = TorchTrajectory.read(TrajectoryTest.class, name);
        PolicyGradient settings = torch.settings(PolicyGradient.class);
        List<int[]> sampled = new ArrayList<>();
        ResponseReward reward = (responses, _) -> {
            responses.forEach(response -> sampled.add(response.response()));
            return responses.stream().mapToDouble(TorchTrajectory::score).toArray();
        };
        Constraint constraint = settings.constraint();
        ResponseReward each = constraint == null || constraint.count() == 1
                ? reward
                : new RewardEnsemble(List.of(reward, TrajectoryTest::second), RewardEnsemble.Rule.MEAN, 0);
        try (Backend backend = Backend.open("cpu", 1)) {
            Model policy = TorchTrajectory.model(backend, Head.LANGUAGE, "policy", 11);
            Model value = settings.usesValues() ? TorchTrajectory.model(backend, Head.SCALAR, "value", 22) : null;
            float[] policyBefore = policy.flatWeights();
            float[] valueBefore = value == null ? new float[0] : value.flatWeights();
            try (PolicyGradientLearner learner = new PolicyGradientLearner(
                    backend,
                    new PolicyGradientCast(
                            policy, TorchTrajectory.model(backend, Head.LANGUAGE, "reference", 33), value, each),
                    settings.shape(3, TorchTrajectory.MAXIMUM_TOKENS, StopTokens.of(0)),
                    Examples.inOrder(TorchTrajectory.PROMPTS),
                    settings.usesDemonstrations()
                            ? new PolicyGradientLearner.Demonstrations(Examples.inOrder(DEMONSTRATIONS), 6)
                            : null,
                    settings,
                    new Batching(BATCH, MICRO_BATCH, TorchTrajectory.OPTIMIZER),
                    new Seeds(3),
                    () -> false)) {
                for (int step = 1; step <= TorchTrajectory.STEPS; step++) {
                    sampled.clear();
                    Metrics metrics = learner.step(step, TorchTrajectory.learningRate(step));
                    torch.requireStep(step, sampled, metrics);
                }
            }
            torch.requireMoved("policyChange", policyBefore, policy.flatWeights());
            if (value != null) {
                torch.requireMoved("valueChange", valueBefore, value.flatWeights());
            }
        }
    }
}
