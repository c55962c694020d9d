package dev.daa.train.loop;

import dev.daa.compute.InputException;
import dev.daa.train.config.Setting;
import dev.daa.train.model.Optimizer;
import java.math.BigDecimal;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// How a model is updated: the section that every trainer's config shares.
public record TrainingConfig(
        @Setting(value = "optimizer steps; 0 makes `epochs` passes over the data", byDefault = "0")
        int steps,

        @Setting(value = "passes over the data when `steps` is 0", byDefault = "1")
        double epochs,

        @Setting(value = "examples per optimizer step", byDefault = "64")
        int batch,

        @Setting(value = "examples per forward pass, fewer need less memory; 0 takes the whole batch", byDefault = "0")
        int microBatch,

        @Setting(value = "peak learning rate", byDefault = "1e-4", aliases = "lr")
        double learningRate,

        @Setting(value = "learning rate after the warm-up: constant, linear or cosine", byDefault = "constant")
        Schedule.Shape schedule,

        @Setting(value = "steps of linear warm-up", byDefault = "0")
        int warmup,

        @Setting(value = "update rule: adamw or rmsprop", byDefault = "adamw")
        Optimizer.Rule optimizer,

        @Setting(value = "decay of AdamW's first moment", byDefault = "0.9")
        double beta1,

        @Setting(
                value = "decay of the second moment, RMSProp's smoothing; 0.999 for adamw and 0.99 for rmsprop, as in"
                        + " torch, when absent",
                byDefault = "null")
        @Nullable
        Double beta2,

        @Setting(value = "added to the root of the second moment", byDefault = "1e-8")
        double epsilon,

        @Setting(
                value = "decoupled weight decay, on every parameter; without effect, as in torch, where times the"
                        + " learning rate it is below 3e-8, which fp32 rounds away",
                byDefault = "0")
        double weightDecay,

        @Setting(value = "largest global gradient norm; 0 for no clipping", byDefault = "1")
        double clip,

        @Setting(
                value = "compute activations again in the backward pass: less memory, a third more work, the same"
                        + " results",
                byDefault = "false")
        boolean recompute) {

    public TrainingConfig {
        if (steps < 0) {
            throw new InputException("steps is " + steps + ", expected 0 (epochs decide) or more");
        }
        if (!(epochs > 0) || epochs > 1e6) {
            throw new InputException("epochs is " + epochs + ", expected a number above 0, at most 1e6");
        }
        if (batch < 1) {
            throw new InputException("batch is " + batch + ", expected at least 1");
        }
        if (microBatch < 0 || microBatch > batch) {
            throw new InputException("micro_batch is " + microBatch + ", expected 0 (the batch) to batch " + batch);
        }
        if (!(learningRate > 0 && learningRate <= Float.MAX_VALUE)) {
            throw new InputException("learning_rate is " + learningRate + ", expected a number above 0");
        }
        if (warmup < 0) {
            throw new InputException("warmup is " + warmup + ", expected at least 0 steps");
        }
        double decay = beta2 == null ? optimizer.secondDecay() : beta2;
        Optimizer unused =
                new Optimizer(optimizer, beta1, decay, epsilon, weightDecay, clip, recompute); // checks its keys
        beta2 = decay; // a saved config says what it trained with
    }

    /// Optimizer steps over a data set of `examples` rows: whole batches, at least one.
    public int stepsOver(long examples) {
        return steps > 0 ? steps : wholeBatches(examples);
    }

    /// Of the decimal that `epochs` was given as: 0.29 · 6400 / 64 is 29, in binary a little less.
    private int wholeBatches(long examples) {
        return BigDecimal.valueOf(epochs)
                .multiply(BigDecimal.valueOf(examples))
                .divideToIntegralValue(BigDecimal.valueOf(batch))
                .max(BigDecimal.ONE)
                .min(BigDecimal.valueOf(Integer.MAX_VALUE))
                .intValue();
    }

    /// Examples per forward pass.
    public int examplesPerPass() {
        return microBatch == 0 ? batch : microBatch;
    }

    public Optimizer rule() {
        return new Optimizer(optimizer, beta1, Objects.requireNonNull(beta2), epsilon, weightDecay, clip, recompute);
    }

    /// The learning rate of a run of `totalSteps`.
    public Schedule scheduleOver(int totalSteps) {
        if (warmup > totalSteps) {
            throw new InputException("warmup is " + warmup + ", expected at most the run's " + totalSteps + " steps");
        }
        return new Schedule(schedule, learningRate, warmup, totalSteps, 0);
    }
}
