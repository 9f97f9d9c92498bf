using Xunit;

namespace Hybrid.House.Tests;

/// <summary>
/// What each library shows to others is what is committed in Snapshots. To accept a change on purpose, run these tests once with
/// UPDATE_SNAPSHOTS=1 and read the difference before committing it.
/// </summary>
public sealed class PublicSurfaceTests
{
    public static TheoryData<string> Libraries => [.. House.Libraries];

    [Theory]
    [MemberData(nameof(Libraries))]
    public void A_library_shows_what_is_committed(string library)
    {
        string actual = PublicSurface.Of(House.Assembly(library));
        string path = Path.Combine(House.Root, "tests/Hybrid.House.Tests/Snapshots", $"{library}.txt");
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1")
            File.WriteAllText(path, actual);
        Assert.True(File.Exists(path), $"no snapshot of {library}; run these tests once with UPDATE_SNAPSHOTS=1");
        string[] before = File.ReadAllText(path).Split('\n'), after = actual.Split('\n');
        Assert.True(
            before.SequenceEqual(after),
            $"{library}: gone: {string.Join("; ", before.Except(after))}\nnew: {string.Join("; ", after.Except(before))}\n"
            + "run these tests once with UPDATE_SNAPSHOTS=1 if that is meant");
    }
}
