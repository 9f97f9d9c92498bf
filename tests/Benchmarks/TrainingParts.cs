using System.Diagnostics;
using Hybrid.Architectures;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;
using Hybrid.Networks.Training;
using Hybrid.Theory;

namespace Hybrid.Benchmarks;

/// <summary>
/// Where the time of a training step goes: what an observer of the pass sees between two stages, and the same products with
/// weights run alone, in their order and on the same shapes. Milliseconds, medians.
/// </summary>
internal sealed class TrainingParts : IPassObserver<float>
{
    private readonly Dictionary<string, double> parts = [];
    private long last;

    public static void Print(TrainingOptions options, TokenBatch batch, int rounds, int threads)
    {
        Architecture architecture = options.Model.Architecture;
        using DenseTrainer trainer = new(options, threads);
        List<Dictionary<string, double>> runs = [];
        double[] steps = new double[rounds];
        for (int round = -2; round < rounds; round++)
        {
            TrainingParts observed = new() { last = Stopwatch.GetTimestamp() };
            trainer.Observe(batch, observed);
            observed.Add("embedding, its gradient");
            long start = Stopwatch.GetTimestamp();
            trainer.Step(batch);
            double step = 1e3 * Stopwatch.GetElapsedTime(start).TotalSeconds;
            observed.parts["optimiser, clipping"] = step - observed.parts.Values.Sum();
            if (round < 0)
                continue;
            steps[round] = step;
            runs.Add(observed.parts);
        }

        double products = Products(architecture, batch.Inputs.Length, options.Model.Vocabulary, rounds, threads);
        Console.WriteLine(
            $"d {architecture.Width}, L {architecture.Depth}, n {architecture.Tokens}, "
            + $"B {batch.Sequences}: step {PairedProduct.Median(steps):0.0} ms");
        foreach (string part in runs[0].Keys)
            Console.WriteLine($"  {part,-26}{PairedProduct.Median([.. runs.Select(run => run[part])]),8:0.0}");
        Console.WriteLine($"  {"products with weights alone",-26}{products,8:0.0}");
    }

    public void Stream(int layer, MatrixView<float> stream) => Add(layer == 0 ? "embedding, its gradient" : "MLP forwards");

    public void Probabilities(int layer, MatrixView<float> probabilities) => Add("attention forwards");

    public void Branch(int layer, ModuleKind module, MatrixView<float> branch) =>
        Add(module == ModuleKind.Attention ? "attention forwards" : "MLP forwards");

    public void Logits(MatrixView<float> logits) => Add("logits, loss");

    public void Gradient(int layer, MatrixView<float> gradient) =>
        Add(parts.ContainsKey("blocks backwards") || parts.ContainsKey("loss, head backwards")
            ? "blocks backwards"
            : "loss, head backwards");

    private void Add(string part)
    {
        long now = Stopwatch.GetTimestamp();
        parts[part] = parts.GetValueOrDefault(part) + 1e3 * Stopwatch.GetElapsedTime(last, now).TotalSeconds;
        last = now;
    }

    private static double Products(Architecture architecture, int rows, int vocabulary, int rounds, int threads)
    {
        using WorkerPool pool = new(threads);
        using MatrixProduct<float> product = new(pool);
        int d = architecture.Width, m = architecture.MlpWidth, widest = Math.Max(m, vocabulary);
        (int In, int Out)[] matrices = [(d, d), (d, d), (d, d), (d, d), (d, m), (m, d)];
        // A product leaves out zeros.
        using NativeBuffer<float> operands = PairedProduct.Noise(2L * rows * widest + (long)d * widest);
        using NativeBuffer<float> results = new((long)Math.Max(rows, d) * widest, "benchmark results");
        double[] times = new double[rounds];
        for (int round = 0; round < rounds; round++)
        {
            long start = Stopwatch.GetTimestamp();
            for (int layer = 0; layer < architecture.Depth; layer++)
            {
                foreach ((int entering, int leaving) in matrices)
                    Three(entering, leaving);
            }

            Three(d, vocabulary);
            times[round] = 1e3 * Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        return PairedProduct.Median(times);

        // y = z W, the gradient at z and the gradient at W.
        void Three(int entering, int leaving)
        {
            MatrixView<float> z = operands.Matrix(0, rows, entering), y = operands.Matrix((long)rows * entering, rows, leaving);
            MatrixView<float> w = operands.Matrix((long)rows * (entering + leaving), entering, leaving);
            product.Multiply(z, w, results.Matrix(0, rows, leaving), 1);
            product.Multiply(y, w.Transposed, results.Matrix(0, rows, entering), 1);
            product.Multiply(z.Transposed, y, results.Matrix(0, entering, leaving), 1);
        }
    }
}
