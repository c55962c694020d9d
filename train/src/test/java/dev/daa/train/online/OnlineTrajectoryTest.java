package dev.daa.train.online;

import dev.daa.compute.Backend;
import dev.daa.model.generate.StopTokens;
import dev.daa.model.transformer.Head;
import dev.daa.train.TorchTrajectory;
import dev.daa.train.data.Examples;
import dev.daa.train.loop.Batching;
import dev.daa.train.rollout.ResponseReward;
import dev.daa.train.run.Metrics;
import dev.daa.train.run.Seeds;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Whole trajectories, from sampled responses by their labels to the weights after three steps, against PyTorch:
/// `trajectory.json` says how it was made.
class OnlineTrajectoryTest {
    private static final int BATCH = 4;
    private static final int MICRO_BATCH = 3;

    @ParameterizedTest
    @ValueSource(strings = {"dpo", "ipo", "raft", "rounds", "xpo"})
    void aTrajectoryIsThatOfTorch(String name) throws IOException {
        TorchTrajectory torch = TorchTrajectory.read(OnlineTrajectoryTest.class, name);
        Online settings = torch.settings(Online.class);
        List<int[]> sampled = new ArrayList<>();
        ResponseReward reward = (responses, _) -> {
            responses.forEach(response -> sampled.add(response.response()));
            return responses.stream().mapToDouble(TorchTrajectory::score).toArray();
        };
        try (Backend backend = Backend.open("cpu", 1);
                OnlineLearner learner = new OnlineLearner(
                        backend,
                        new OnlineLearner.Cast(
                                copy -> TorchTrajectory.model(backend, Head.LANGUAGE, copy, 11),
                                TorchTrajectory.model(backend, Head.LANGUAGE, "reference", 33),
                                reward),
                        settings.shape(3, TorchTrajectory.MAXIMUM_TOKENS, StopTokens.of(0)),
                        Examples.inOrder(TorchTrajectory.PROMPTS),
                        settings,
                        settings.choice(),
                        new Batching(BATCH, MICRO_BATCH, TorchTrajectory.OPTIMIZER),
                        new Seeds(3),
                        () -> false)) {
            float[] before = learner.model().flatWeights();
            for (int step = 1; step <= TorchTrajectory.STEPS; step++) {
                sampled.clear();
                Metrics metrics = learner.step(step, TorchTrajectory.learningRate(step));
                torch.requireStep(step, sampled, metrics);
            }
            torch.requireMoved("policyChange", before, learner.model().flatWeights());
        }
    }
}
