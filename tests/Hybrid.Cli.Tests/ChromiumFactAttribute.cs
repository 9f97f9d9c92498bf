using Xunit;

namespace Hybrid.Cli.Tests;

/// <summary>A test that needs the system's Chromium; skipped, with the reason, where there is none.</summary>
public sealed class ChromiumFactAttribute : FactAttribute
{
    public ChromiumFactAttribute() => Skip = new ChromiumTheoryAttribute().Skip;
}
