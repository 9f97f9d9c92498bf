using Hybrid.Architectures;
using Hybrid.Import.Records;
using Hybrid.Lab.Tests;
using Hybrid.Theory;
using Xunit;

namespace Hybrid.Import.Tests;

public class ArchitectureWidthTests
{
    [Fact]
    public void Every_prediction_stays_when_the_width_changes()
    {
        Architecture architecture = ArchitectureOverrides.Apply(
            ArchitectureModule.Defaults, ["width=64", "mlpWidth=160", "heads=4", "depth=5", "gated=true", "attention.logitStd=3"]);
        Architecture wide = ArchitectureWidth.At(architecture, 4096);
        Assert.Equal((4096, 10240, 4), (wide.Width, wide.MlpWidth, wide.Heads));
        Assert.Empty(ArchitectureModule.Validate(wide));
        Assert.Equal(Predict.Architecture(architecture).Layers, Predict.Architecture(wide).Layers);
    }
}
