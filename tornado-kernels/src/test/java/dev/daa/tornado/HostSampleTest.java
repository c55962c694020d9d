package dev.daa.tornado;

import static org.assertj.core.api.Assertions.assertThat;

import dev.daa.compute.Backend;
import dev.daa.compute.SampleContract;
import dev.daa.tornado.kernel.Group;
import dev.daa.tornado.kernel.Memory;
import dev.daa.tornado.kernel.SampleKernel;
import dev.daa.tornado.kernel.Tables;
import dev.daa.tornado.kernel.WorkItems;
import dev.daa.tornado.lowering.Grid;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

@Tag("host")
class HostSampleTest extends SampleContract {
    @Override
    protected Backend open(int threads) {
        return new HostBackend(false);
    }

    /// 16 tokens a work-item, as far as the device and registers go.
    @ParameterizedTest
    @CsvSource({"1,1024,128", "2048,1024,128", "2049,1024,256", "8192,1024,512", "50257,1024,512", "50257,256,256"})
    void largeVocabulariesHaveLargeGroups(int vocabulary, int most, int expected) {
        assertThat(SampleKernel.groupSize(vocabulary, most)).isEqualTo(expected);
    }

    /// A sum makes a group take turns nine times; fp32 has 24 bits, and the range is some times as large as the
    /// cut.
    @Test
    void cutsAreFoundInAboutAsManyPassesAsFloatsHaveBits() {
        IntArray tables = Memory.ints(Tables.GREEDY + 1);
        tables.set(Tables.TARGETS, 1);
        tables.set(Tables.TOP_K, 5);
        FloatArray floats = Memory.floats(2);
        floats.set(Tables.INVERSE_TEMPERATURE, 1);
        floats.set(Tables.TOP_P, 0.7f);
        int vocabulary = 33;
        FloatArray logits = Memory.floats(vocabulary);
        for (int token = 0; token < vocabulary; token++) {
            logits.set(token, (float) Math.sin(1 + token));
        }
        FloatArray state = Memory.floats(SampleKernel.STATE);
        Grid grid = Grid.groups(1, Group.SIZE);
        IntArray sampled = Memory.ints(1);
        int _ = WorkItems.run(
                "extremes",
                grid,
                item -> SampleKernel.extremes(item, tables, floats, logits, state, sampled, vocabulary, Group.SIZE),
                1);
        assertThat(WorkItems.run(
                        "topK",
                        grid,
                        item -> SampleKernel.topK(item, tables, floats, logits, state, vocabulary, Group.SIZE),
                        1))
                .isLessThan(9 * 40);
        assertThat(WorkItems.run(
                        "topP",
                        grid,
                        item -> SampleKernel.topP(item, tables, floats, logits, state, vocabulary, Group.SIZE),
                        1))
                .isLessThan(9 * 40);
    }
}
