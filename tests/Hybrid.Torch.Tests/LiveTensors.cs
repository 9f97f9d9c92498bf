using TorchSharp;
using Xunit;

namespace Hybrid.Torch.Tests;

/// <summary>Tensors that live on a thread, by TorchSharp's count: those of a test's beginning and no more live when it ends.</summary>
internal sealed class LiveTensors
{
    private readonly long before = Count;

    /// <summary>How many live now.</summary>
    public static long Count => DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;

    /// <summary>Fails where the test left any behind.</summary>
    public void AssertNoneIsLeft() => Assert.Equal(before, Count);
}
