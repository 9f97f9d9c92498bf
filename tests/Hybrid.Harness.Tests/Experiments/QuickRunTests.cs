using Xunit;

namespace Hybrid.Tests.Experiments;

public class QuickRunTests
{
    [Fact]
    public void Rank_collapse() => QuickRun.Supports("rank-collapse");
}
