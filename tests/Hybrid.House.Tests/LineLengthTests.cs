using Xunit;

namespace Hybrid.House.Tests;

/// <summary>What dotnet format does not check: how long lines of C# are.</summary>
public sealed class LineLengthTests
{
    private const int Longest = 140;

    [Fact]
    public void No_line_of_a_CSharp_file_has_more_than_140_characters()
    {
        string[] lines =
        [
            .. House.Files(".cs").SelectMany(file => House.Read(file).Split('\n')
                .Select((line, index) => (line, index))
                .Where(item => item.line.Length > Longest)
                .Select(item => $"{file}:{item.index + 1}: {item.line.Length} characters")),
        ];
        Assert.True(lines.Length == 0, $"{lines.Length} lines\n{string.Join('\n', lines)}");
    }
}
