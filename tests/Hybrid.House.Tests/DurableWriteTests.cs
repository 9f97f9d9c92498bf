using System.Text.RegularExpressions;
using Xunit;

namespace Hybrid.House.Tests;

/// <summary>What the tests of lost power cannot see: a file that is written past the calls that they record.</summary>
public sealed class DurableWriteTests
{
    // Who is at work: marks that mean nothing once their process has ended.
    private static readonly string[] Marks = ["RunningMark.cs", "Lease.cs", "RunLock.cs"];

    // Ways in which .NET changes files, and opens them to do so.
    private static readonly Regex Writes = new(
        @"\bFile\.(Write|Append|Create|Move|Copy|Replace|OpenWrite)\w*\(|\bDirectory\.Move\(|new StreamWriter\("
            + @"|FileMode\.(Create|CreateNew|Append|Truncate|OpenOrCreate)\b");

    [Fact]
    public void Files_that_outlive_their_process_are_written_through_the_calls_that_tests_record()
    {
        string[] past =
        [
            .. House.Files(".cs", ".fs").Where(file => file.StartsWith("src/") || file.StartsWith("theory/"))
                .Where(file => Path.GetFileName(file) != "FileCalls.cs" && !Marks.Contains(Path.GetFileName(file)))
                .SelectMany(file => House.Read(file).Split('\n')
                    .Where(line => Writes.IsMatch(line) && !Regex.IsMatch(line, @"\b(FileCalls\.Current|calls)\.Open\("))
                    .Select(line => $"{file}: {line.Trim()}")),
        ];
        Assert.True(past.Length == 0, string.Join('\n', past));
    }
}
