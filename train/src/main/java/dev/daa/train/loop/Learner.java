package dev.daa.train.loop;

import dev.daa.compute.Parameters;
import dev.daa.model.checkpoint.AdapterFiles;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.checkpoint.ModelText;
import dev.daa.model.transformer.Model;
import dev.daa.train.model.Work;
import dev.daa.train.run.Metrics;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/// One training algorithm, as the [TrainingLoop] sees it: something that makes a step and whose whole state can
/// be saved. What a learner draws at random is a function of the seed and the step, so weights, optimizer
/// moments and the objective's memory are all its state.
public interface Learner extends AutoCloseable {
    /// Makes optimizer step number `step`, from 1.
    ///
    /// @return what was measured, `loss` and `grad_norm` among it
    /// @throws java.util.concurrent.CancellationException where it was asked to stop while it sampled, before
    /// anything was learned; the same step can then be made
    Metrics step(int step, float learningRate);

    /// The model that is trained.
    Model model();

    /// Writes the model, or its adapters alone, to a folder that commands and transformers open.
    ///
    /// @param text tokenizer and templates that go beside it
    default void saveModel(Path folder, ModelText text) {
        Model model = model();
        if (model.adapter() == null) {
            ModelFolder.write(folder, model.parameters(), model.weights().copy(), text);
        } else {
            AdapterFiles.write(folder, model.parameters(), model.flatTrained(), text.tokenizer());
        }
    }

    /// What is updated in place besides the model's weights, by name: moments of the optimizer, and weights and
    /// moments of a second model.
    Map<String, Parameters> optimizerState();

    /// What the objective remembers between batches; updated in place, empty for objectives without memory.
    default double[] objectiveState() {
        return new double[0];
    }

    /// What the last step computed.
    Work workOfLastStep();

    /// Where the time of the last step went; empty for learners that sample no responses.
    default Optional<StepTime> timeOfLastStep() {
        return Optional.empty();
    }

    /// First tensor of the last batch that holds a value that is not finite.
    Optional<String> firstNonFinite();

    @Override
    void close();
}
