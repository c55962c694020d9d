package dev.daa.train.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.daa.compute.Backend;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Model;
import dev.daa.train.TorchTrajectory;
import dev.daa.train.config.Setting;
import dev.daa.train.data.BatchCapacity;
import dev.daa.train.data.EpochOrder;
import dev.daa.train.data.PreferencePair;
import dev.daa.train.loop.Batching;
import dev.daa.train.run.Seeds;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Losses of whole batches against PyTorch, from the weights before to those after three steps: `trajectory.json` says
/// how it was made. A step sees all pairs, so their order does not count.
class RewardTrajectoryTest {
    private static final List<PreferencePair> PAIRS = List.of(
            new PreferencePair(new int[] {1}, new int[] {2, 0}, new int[] {3, 4, 1, 0}),
            new PreferencePair(new int[] {2, 3}, new int[] {4, 4, 2, 1, 0}, new int[] {1, 0}),
            new PreferencePair(new int[] {4, 1, 2}, new int[] {0}, new int[] {3, 3, 0}),
            new PreferencePair(new int[] {3, 3}, new int[] {1, 2, 3, 0}, new int[] {4, 0}),
            new PreferencePair(new int[] {4}, new int[] {2, 2, 0}, new int[] {1, 1, 4, 0}));

    /// Keys of a case.
    record Case(
            @Setting("s") double labelSmoothing,
            @Setting("c") double centering,
            @Setting("b") double batchCentering,
            @Setting("λ_L") double correlation,
            @Setting("λ_O") double orthogonality) {
        RewardLoss loss() {
            return new RewardLoss(
                    new BradleyTerry(labelSmoothing, centering),
                    batchCentering,
                    new LengthHead(correlation, orthogonality));
        }
    }

    @ParameterizedTest
    @CsvSource({"bsr,5", "bsr,2", "odin,5", "odin,2", "all,3"})
    void aTrajectoryIsThatOfTorch(String name, int microBatch) throws IOException {
        TorchTrajectory torch = TorchTrajectory.read(RewardTrajectoryTest.class, name);
        RewardLoss loss = torch.settings(Case.class).loss();
        try (Backend backend = Backend.open("cpu", 1)) {
            Model model = TorchTrajectory.model(backend, Head.SCALAR, "reward", 11);
            if (loss.lengthHead().isOn()) {
                float[] drawn = TorchTrajectory.weights(model.config().width(), 22);
                model = model.withLengthHead(backend, new SplittableRandom(1));
                model.weights().write(Objects.requireNonNull(model.parameters().lengthHead()), drawn);
            }
            try (RewardLearner learner = new RewardLearner(
                    backend,
                    model,
                    PAIRS,
                    new EpochOrder(PAIRS.size(), new Seeds(3)),
                    loss,
                    new Batching(PAIRS.size(), microBatch, TorchTrajectory.OPTIMIZER),
                    BatchCapacity.ofPairs(PAIRS, microBatch).rows())) {
                float[] before = model.flatWeights();
                for (int step = 1; step <= TorchTrajectory.STEPS; step++) {
                    torch.requireStep(step, List.of(), learner.step(step, TorchTrajectory.learningRate(step)));
                }
                torch.requireMoved("change", before, model.flatWeights());
                if (loss.lengthHead().isOn()) {
                    assertThat(norm(model.weights().copy(model.parameters().headWeight())))
                            .as("the head that scores")
                            .isCloseTo(1, within(1e-6));
                }
            }
        }
    }

    private static double norm(float[] values) {
        double squares = 0;
        for (float value : values) {
            squares += (double) value * value;
        }
        return Math.sqrt(squares);
    }
}
