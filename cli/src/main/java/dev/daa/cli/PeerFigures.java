package dev.daa.cli;

import dev.daa.eval.speed.Workload;

/// What a workload is to reach, and what others reached *elsewhere*: in one session on two cores of an AMD EPYC with
/// AVX-512, fp32. Not measured by this program: ratios to figures of another machine or hour are only indicative.
///
/// @param target of this program on two such cores
/// @param bestLibtorch libtorch 2.10 with OpenBLAS
/// @param djlLibtorch libtorch 2.7 with MKL, as DJL ships it
/// @param llmC llm.c, its CPU program
record PeerFigures(String target, String bestLibtorch, String djlLibtorch, String llmC) {
    static final String HEADING = "elsewhere: libtorch 2.10, libtorch 2.7 of DJL, llm.c";

    static PeerFigures of(Workload workload) {
        return switch (workload) {
            case S -> new PeerFigures("≤ 40 ms", "51–70", "85–91", "294");
            case M -> new PeerFigures("≤ 400 ms", "473–533", "888–939", "3,270");
            case L -> new PeerFigures("≤ 1,000 ms", "1,450–1,560", "2,450–2,490", "5,950");
            case TINY, SFT_TINY, GPT2, GENERATE_L, LAUNCHES -> new PeerFigures("–", "–", "–", "–");
            case GENERATE_S -> new PeerFigures("≥ 90,000/s", "28,000–34,000", "23,000–26,000", "–");
            case GENERATE_M -> new PeerFigures("≥ 7,500/s", "4,090–4,490", "2,600–2,800", "–");
            case PPO_UPDATE -> new PeerFigures("sft-tiny's", "–", "–", "–");
            case BEST_OF_N -> new PeerFigures("≥ 20,000/s", "–", "–", "–");
        };
    }

    String elsewhere() {
        return bestLibtorch.equals("–") ? "–" : bestLibtorch + ", " + djlLibtorch + ", " + llmC;
    }
}
