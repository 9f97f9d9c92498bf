using Xunit;

namespace Hybrid.House.Tests;

/// <summary>
/// Every result of the derivation and every function of the theory is held by tests of two kinds at least, and docs/guards.md lists them.
/// To write the page, run these tests once with UPDATE_SNAPSHOTS=1.
/// </summary>
public sealed class GuardTests
{
    [Fact]
    public void A_test_guards_what_the_derivation_has_by_a_kind_that_there_is()
    {
        HashSet<string> known =
        [
            .. Derivation.Results.Select(result => $"({result.Number})"),
            .. Derivation.Sections.Select(section => section.Number),
        ];
        string[] kinds = [.. Guards.Kinds.Select(kind => kind.Name)];
        Assert.All(Guards.All, guard => Assert.True(known.Contains(guard.Of) && kinds.Contains(guard.Kind), guard.ToString()));
    }

    [Fact]
    public void Every_trait_belongs_to_a_test()
    {
        int written = House.Files(".cs", ".fs")
            .SelectMany(file => House.Read(file).Split('\n'))
            .Where(line => line.TrimStart().Replace("<", "").StartsWith("[Trait(\"guards\"", StringComparison.Ordinal))
            .Sum(line => line.Split(" by ")[0].Split(' ', StringSplitOptions.RemoveEmptyEntries).Count(word => word.Any(char.IsDigit)));
        Assert.Equal(written, Guards.All.Length);
        Assert.True(written > 200, $"only {written} were found");
    }

    [Fact]
    public void Every_result_has_witnesses_of_two_kinds()
    {
        ILookup<string, string> kinds = Guards.All.ToLookup(guard => guard.Of, guard => guard.Kind);
        string[] single = [.. Derivation.Results.Select(result => $"({result.Number})").Where(of => kinds[of].Distinct().Count() < 2)];
        Assert.Empty(single);
    }

    // One that has sections of its own is guarded by theirs.
    [Fact]
    public void A_section_without_numbered_results_has_witnesses_of_two_kinds_itself()
    {
        ILookup<string, string> kinds = Guards.All.ToLookup(guard => guard.Of, guard => guard.Kind);
        string[] missing =
        [
            .. Derivation.Sections
                .Where((section, index) => Derivation.Results.All(result => result.Section != index)
                    && !Derivation.Sections.Any(other => other.Number.StartsWith(section.Number + ".", StringComparison.Ordinal))
                    && kinds[section.Number].Distinct().Count() < 2)
                .Select(section => section.Number),
        ];
        Assert.Empty(missing);
    }

    [Fact]
    public void A_function_of_the_theory_says_what_of_the_derivation_it_is()
    {
        Assert.Empty(TheoryFunctions.All.Where(function => function.Cites.Length == 0).Select(function => function.Name));
        Assert.True(TheoryFunctions.All.Length > 80, $"only {TheoryFunctions.All.Length} were found");
    }

    [Fact]
    public void Every_function_of_the_theory_has_witnesses_of_two_kinds()
    {
        string[] single =
        [
            .. TheoryFunctions.All
                .Select(function => (function.Name, function.Cites, Kinds: TheoryFunctions.GuardsOf(function.Name, function.Cites)
                    .Select(guard => guard.Kind).Distinct().ToArray()))
                .Where(function => function.Kinds.Length < 2)
                .Select(function => $"{function.Name}, {string.Join(" ", function.Cites)}: {string.Join(", ", function.Kinds)}"),
        ];
        Assert.True(single.Length == 0, string.Join('\n', single));
    }

    [Fact]
    public void The_page_lists_what_the_tests_say()
    {
        string path = Path.Combine(House.Root, "docs/guards.md"), page = Guards.Page();
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1")
            File.WriteAllText(path, page);
        string[] before = File.Exists(path) ? House.Read("docs/guards.md").Split('\n') : [], after = page.Split('\n');
        Assert.True(
            before.SequenceEqual(after),
            $"gone: {string.Join('\n', before.Except(after))}\nnew: {string.Join('\n', after.Except(before))}\n"
            + "run these tests once with UPDATE_SNAPSHOTS=1 if that is meant");
    }
}
