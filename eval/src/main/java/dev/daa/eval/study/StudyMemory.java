package dev.daa.eval.study;

import dev.daa.compute.Backend;
import dev.daa.compute.InputException;
import dev.daa.compute.JointMemory;
import dev.daa.compute.MatmulPrecision;
import dev.daa.compute.MemoryPlan;
import dev.daa.eval.study.config.StudyConfig;
import dev.daa.eval.study.stage.BaseStage;
import dev.daa.eval.world.ReviewsWorld;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.TransformerConfig;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.data.BatchCapacity;
import dev.daa.train.pairwise.PairUpdater;
import java.util.Map;
import java.util.TreeMap;

/// What training takes at least for each model size of a study, so that a size which cannot fit is refused before
/// anything is written: fine-tuning, or the alignment of the shortest pairs beside a reference, whichever is more.
public final class StudyMemory {
    private StudyMemory() {}

    /// By name of the size.
    ///
    /// @param choice of the backend
    public static Map<String, JointMemory> of(StudyConfig config, String choice, MatmulPrecision precision) {
        Map<String, JointMemory> bySize = new TreeMap<>();
        try (Backend backend = Backend.open(choice, 1, precision)) {
            for (StudyConfig.Size size : config.sizes()) {
                TransformerConfig transformer = BaseStage.transformer(size);
                JointMemory most = JointMemory.of(BaseStage.plan(backend, transformer, config.sft()));
                for (StudyConfig.ObjectiveGrid grid : config.objectives()) {
                    JointMemory align = PairUpdater.plan(
                            backend,
                            new TransformerParameters(transformer, Head.LANGUAGE, "policy"),
                            new TransformerParameters(transformer, Head.LANGUAGE, "reference"),
                            grid.objective(grid.betas().getFirst()),
                            config.align().examplesPerPass(),
                            new BatchCapacity(
                                    config.align().examplesPerPass() * (ReviewsWorld.PROMPT_LENGTH + 2),
                                    2 * config.align().examplesPerPass()),
                            config.align().rule());
                    most = align.totalBytes() > most.totalBytes() ? align : most;
                }
                bySize.put(size.name(), most);
            }
        }
        return bySize;
    }

    /// Refuses a study of which a run, or as many as go on at a time, need more memory than Java has.
    ///
    /// @param atOnce runs at the same time on the CPU
    public static void requireRoom(StudyConfig config, int atOnce) {
        long available = Runtime.getRuntime().maxMemory();
        of(config, "cpu", MatmulPrecision.FP32).forEach((size, memory) -> {
            String found = "size " + size + " needs at least " + memory + "; " + MemoryPlan.mebibytes(available)
                    + " of Java's memory are available; ";
            if (memory.totalBytes() > available) {
                throw new InputException(
                        found + "reduce its width or layers, or give Java more memory (DAA_JAVA_OPTIONS=-Xmx…)");
            }
            if (memory.totalBytes() > available / atOnce) {
                throw new InputException(found + atOnce + " runs at a time do not fit, "
                        + available / memory.totalBytes() + " would: --jobs");
            }
        });
    }
}
