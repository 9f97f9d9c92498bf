using Hybrid.Architectures;
using Hybrid.Networks.Engines.Conditioned;
using Hybrid.Networks.Model;
using Hybrid.Networks.Random;
using Xunit;

namespace Hybrid.Networks.Tests.Random;

public sealed class RandomStreamTests
{
    // A network of a seed is the same network for ever: what the list was when its numbers were fixed. New streams are added
    // to it, none is changed.
    private static readonly Dictionary<RandomStream, (bool OfBlock, int Number)> Fixed = new()
    {
        [RandomStream.InputTokens] = (false, 0),
        [RandomStream.LossGradient] = (false, 1),
        [RandomStream.InputTangents] = (false, 2),
        [RandomStream.TokenEmbedding] = (false, 16),
        [RandomStream.PositionEmbedding] = (false, 17),
        [RandomStream.CommonEmbedding] = (false, 18),
        [RandomStream.Unembedding] = (false, 19),
        [RandomStream.HeadTransform] = (false, 20),
        [RandomStream.Pixels] = (false, 21),
        [RandomStream.ForwardFrame] = (false, 120),
        [RandomStream.BackwardFrame] = (false, 121),
        [RandomStream.Query] = (true, 0),
        [RandomStream.Key] = (true, 1),
        [RandomStream.Value] = (true, 2),
        [RandomStream.AttentionOut] = (true, 3),
        [RandomStream.MlpIn] = (true, 4),
        [RandomStream.MlpBias] = (true, 5),
        [RandomStream.MlpUp] = (true, 6),
        [RandomStream.MlpOut] = (true, 7),
        [RandomStream.Router] = (true, 8),
        [RandomStream.AttentionImages] = (true, 16),
        [RandomStream.AttentionFrame] = (true, 17),
        [RandomStream.AttentionInput] = (true, 18),
        [RandomStream.MlpImages] = (true, 19),
        [RandomStream.MlpFrame] = (true, 20),
        [RandomStream.MlpInput] = (true, 21),
        [RandomStream.Experts] = (true, 22),
        [RandomStream.WeightChanges] = (true, 96),
        [RandomStream.StreamChanges] = (true, 97),
        [RandomStream.StreamRowChanges] = (true, 98),
        [RandomStream.GradientChanges] = (true, 99),
        [RandomStream.GradientRowChanges] = (true, 100),
    };

    // By names, since two names of one value would be one entry of any list of values.
    [Fact]
    public void No_two_streams_of_one_kind_of_layer_have_the_same_number()
    {
        (bool, int)[] numbers = [.. Enum.GetNames<RandomStream>().Select(name => KeyOf(Enum.Parse<RandomStream>(name)))];
        Assert.Equal(numbers.Length, numbers.Distinct().Count());
    }

    [Fact]
    public void The_numbers_of_streams_are_what_they_have_always_been()
    {
        foreach (RandomStream stream in Enum.GetValues<RandomStream>())
            Assert.Equal(Fixed[stream], KeyOf(stream));
    }

    [Fact]
    public void Every_matrix_has_a_stream_of_blocks_of_its_own()
    {
        RandomStream[] streams = [.. Enum.GetValues<MatrixRole>().Select(role => role.Stream())];
        Assert.All(streams, stream => Assert.True(stream.IsOfBlock()));
        Assert.Equal(streams.Length, streams.Distinct().Count());
    }

    // Laws of single quantities do not tell whether two of them, far from each other in a block, come of the same numbers.
    [Fact]
    public void Networks_in_coordinates_draw_everything_in_a_block_from_a_stream_of_its_own()
    {
        RandomStream[] matrices = [.. Enum.GetValues<MatrixRole>().Select(role => role.Stream())];
        RandomStream[] streams =
        [
            .. BlockSublayer.Of(Networks.Of(Placement.Pre, Activation.Tanh), 1)
                .Select(place => new SublayerPart(place, null!, null!, null!, default))
                .SelectMany(part => (RandomStream[])[part.ImageStream, part.FrameStream, part.InputStream]),
            .. matrices,
        ];
        Assert.Equal(6 + matrices.Length, streams.Length);
        Assert.Distinct(streams);
    }

    [Fact]
    public void A_stream_of_the_other_kind_of_layer_is_refused()
    {
        Assert.Contains("got Query", Assert.Throws<ArgumentException>(() => RandomStream.Query.OfInput(1, 2)).Message);
        Assert.Contains(
            "got InputTokens of layer 3", Assert.Throws<ArgumentException>(() => RandomStream.InputTokens.OfBlock(1, 2, 3)).Message);
        Assert.Contains("got Query of layer 0", Assert.Throws<ArgumentException>(() => RandomStream.Query.OfBlock(1, 2, 0)).Message);
    }

    private static (bool OfBlock, int Number) KeyOf(RandomStream stream)
    {
        RandomKey key = stream.IsOfBlock() ? stream.OfBlock(5, 6, 7) : stream.OfInput(5, 6);
        Assert.Equal((5UL, 6, stream.IsOfBlock() ? 7 : 0), (key.Seed, key.Sample, key.Layer));
        return (stream.IsOfBlock(), key.Matrix);
    }
}
