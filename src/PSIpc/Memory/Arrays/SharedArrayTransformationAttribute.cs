using System.Management.Automation;

namespace PSIpc;

/// <summary>Keeps an array as one argument: PowerShell would give a parameter for several objects its elements.</summary>
internal sealed class SharedArrayTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) is SharedArray array ? new object[] { array } : inputData;
}
