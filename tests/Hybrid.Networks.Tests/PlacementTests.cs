using Hybrid.Architectures;
using Xunit;

namespace Hybrid.Networks.Tests;

public sealed class PlacementTests
{
    // An operator that F# does not give a record: without it == would compare references, which are never the same.
    [Fact]
    public void Two_placements_are_equal_when_their_three_answers_are()
    {
        Placement[] first = Placement.All, second = Placement.All;
        for (int i = 0; i < first.Length; i++)
        {
            for (int j = 0; j < second.Length; j++)
            {
                Assert.Equal(i == j, first[i] == second[j]);
                Assert.Equal(i != j, first[i] != second[j]);
            }
        }
    }
}
