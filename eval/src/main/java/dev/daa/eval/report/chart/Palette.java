package dev.daa.eval.report.chart;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// The colours of every chart. Categories begin with Okabe and Ito's set, which people with any of the common colour
/// deficiencies tell apart, darkened on white and lightened on black to a contrast of 3 and more; the sequence runs
/// from violet over green to orange with monotone lightness, so that it reads as an order in grey too, in equal steps
/// of CIEDE2000 (20 and more between neighbours of seven).
public final class Palette {
    public static final Colour INK = new Colour("ink", "#1c2126", "#e7e9ec");
    public static final Colour MUTED = new Colour("muted", "#5b6570", "#a3abb5");
    public static final Colour GRID = new Colour("grid", "#e6e8eb", "#2b3138");
    public static final Colour AXIS = new Colour("axis", "#9aa3ad", "#5e6873");
    public static final Colour PAPER = new Colour("paper", "#ffffff", "#14171b");
    public static final Colour FRONTIER = new Colour("frontier", "#3d444c", "#d5d9de");

    private static final Colour BLUE = new Colour("blue", "#0072b2", "#5ab4f0");
    private static final Colour VERMILION = new Colour("vermilion", "#c9520a", "#ff9a4d");
    private static final Colour GREEN = new Colour("green", "#00805f", "#33cfa3");
    private static final Colour PURPLE = new Colour("purple", "#a3507f", "#e79cc6");
    private static final Colour OCHRE = new Colour("ochre", "#a87400", "#f0c75a");
    private static final Colour INDIGO = new Colour("indigo", "#2b1470", "#7b61ff");
    private static final Colour RED = new Colour("red", "#b3263a", "#ff8a93");
    private static final Colour GREY = new Colour("grey", "#6b7280", "#b4bcc6");

    private static final List<Colour> CATEGORIES = List.of(BLUE, VERMILION, GREEN, PURPLE, OCHRE, INDIGO, RED, GREY);

    /// The objectives that the field knows keep their colour in every study.
    private static final Map<String, Colour> OBJECTIVES = Map.of(
            "dpo",
            BLUE,
            "ipo",
            VERMILION,
            "slic",
            GREEN,
            "hinge",
            GREEN,
            "ppo",
            PURPLE,
            "best-of-n",
            OCHRE,
            "sft",
            GREY);

    private static final List<Colour> SEQUENCE = List.of(
            new Colour("seq0", "#52005a", "#d06bc6"),
            new Colour("seq1", "#32158c", "#ab83ec"),
            new Colour("seq2", "#01347a", "#7e95fe"),
            new Colour("seq3", "#044767", "#42a7fe"),
            new Colour("seq4", "#025764", "#0eb8eb"),
            new Colour("seq5", "#04655f", "#04c6d4"),
            new Colour("seq6", "#00724c", "#0ad2bc"),
            new Colour("seq7", "#017e15", "#42db96"),
            new Colour("seq8", "#627e01", "#9ddc70"),
            new Colour("seq9", "#8f7c01", "#d5d860"),
            new Colour("seq10", "#b57602", "#ffd262"),
            new Colour("seq11", "#db6a0c", "#ffd4a9"),
            new Colour("seq12", "#f85d3e", "#ffdbcc"));

    private Palette() {}

    /// Every colour that a chart may use.
    public static List<Colour> all() {
        java.util.ArrayList<Colour> colours =
                new java.util.ArrayList<>(List.of(INK, MUTED, GRID, AXIS, PAPER, FRONTIER));
        colours.addAll(CATEGORIES);
        colours.addAll(SEQUENCE);
        return List.copyOf(colours);
    }

    /// A colour for each objective: the known ones their own, the others what is left, in order.
    public static Map<String, Colour> objectives(List<String> names) {
        Map<String, Colour> colours = new TreeMap<>();
        for (String name : names) {
            Colour own = OBJECTIVES.get(name);
            if (own != null && !colours.containsValue(own)) {
                colours.put(name, own);
            }
        }
        List<Colour> free = CATEGORIES.stream()
                .filter(colour -> !colours.containsValue(colour))
                .toList();
        int next = 0;
        for (String name : names) {
            if (!colours.containsKey(name)) {
                colours.put(name, free.isEmpty() ? GREY : free.get(next++ % free.size()));
            }
        }
        return colours;
    }

    /// Colour `k` of `n` in the sequence.
    public static Colour sequence(int k, int n) {
        int last = SEQUENCE.size() - 1;
        return SEQUENCE.get(n == 1 ? last / 2 : Math.round((float) k * last / (n - 1)));
    }
}
