using System.Collections;
using System.Globalization;
using PSIpc.Core;

namespace PSIpc;

/// <summary>
/// The part of the machine that this process may use for pools of its own: all processors for a session, and in a worker those of its pool
/// divided by its workers. So pools inside workers' items do not multiply.
/// </summary>
internal static class PoolShare
{
    private const string ShareVariable = "PSIPC_POOL_SHARE";
    private const string DepthVariable = "PSIPC_POOL_DEPTH";
    private const int DeepestNesting = 8;

    /// <summary>The number of workers that a pool has where nobody says otherwise.</summary>
    public static int Workers => Math.Max(1, Read(ShareVariable, Environment.ProcessorCount));

    /// <summary>How many pools this process is inside of.</summary>
    public static int Depth => Math.Max(0, Read(DepthVariable, 0));

    /// <summary>The variables for the workers of a pool with this many.</summary>
    /// <exception cref="IpcException"><see cref="IpcErrorKind.NotSupported"/>: too deep.</exception>
    public static Hashtable VariablesFor(int workers) => Depth < DeepestNesting
        ? new Hashtable
        {
            [ShareVariable] = Math.Max(1, Workers / Math.Max(1, workers)).ToString(CultureInfo.InvariantCulture),
            [DepthVariable] = (Depth + 1).ToString(CultureInfo.InvariantCulture),
        }
        : throw new IpcException(
            IpcErrorKind.NotSupported,
            Messages.PoolsNestedTooDeep.With(DeepestNesting - 1));

    private static int Read(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : otherwise;
}
