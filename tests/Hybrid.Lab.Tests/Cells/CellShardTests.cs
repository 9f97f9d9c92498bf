using Hybrid.Import.Json;
using Hybrid.Lab.Cells;
using Hybrid.Lab.Tests.Fakes;
using Xunit;

namespace Hybrid.Lab.Tests.Cells;

public class CellShardTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(40, 7)]
    [InlineData(1000, 999)]
    [InlineData(3, 10)]
    public void Parts_of_a_list_have_every_cell_once(int cells, int parts)
    {
        FakeCells work = new(cells);
        int[] all = [.. Enumerable.Range(1, parts).SelectMany(i => new CellShard(i, parts).Take(Enumerable.Range(0, cells), work.Cells))];
        Assert.Equal(Enumerable.Range(0, cells), all.Order());
    }

    [Fact]
    public void The_largest_cells_come_first_and_no_part_has_a_cell_more_work_than_another()
    {
        FakeCells work = new(700);
        double[][] costs = [.. Enumerable.Range(1, 9).Select(i =>
            new CellShard(i, 9).Take(Enumerable.Range(0, 700), work.Cells).Select(cell => work.Cells[cell].Cost).ToArray())];
        Assert.All(costs, part => Assert.Equal(part.OrderDescending(), part));
        Assert.InRange(costs.Max(part => part.Sum()) - costs.Min(part => part.Sum()), 0, work.Cells.Max(cell => cell.Cost));
    }

    // Cells of costs 1 to 7, the largest first: dealt to two parts as 1 2, 2 1, 1 2, 2.
    [Fact]
    public void Cells_are_dealt_forwards_and_backwards_by_turns()
    {
        FakeCells work = new(7);
        Assert.Equal([6, 3, 2], new CellShard(1, 2).Take(Enumerable.Range(0, 7), work.Cells));
        Assert.Equal([5, 4, 1, 0], new CellShard(2, 2).Take(Enumerable.Range(0, 7), work.Cells));
    }

    [Theory]
    [InlineData("3/10", 3, 10)]
    [InlineData("1/1", 1, 1)]
    public void I_of_n_is_read(string text, int number, int of) => Assert.Equal(new CellShard(number, of), CellShard.Parse(text));

    [Theory]
    [InlineData("0/3")]
    [InlineData("4/3")]
    [InlineData("3")]
    [InlineData("1/2/3")]
    [InlineData("-1/2")]
    [InlineData("a/b")]
    [InlineData("")]
    public void Anything_else_is_refused(string text) =>
        Assert.Contains("must be i/n", Assert.Throws<InputException>(() => CellShard.Parse(text)).Message);
}
