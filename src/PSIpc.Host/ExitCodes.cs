namespace PSIpc.Host;

/// <summary>What the program's exit codes mean when the script itself does not say <c>exit</c>.</summary>
internal static class ExitCodes
{
    public const int Success = 0;
    public const int ScriptFailed = 1;
    public const int Usage = 64;
    public const int HungUp = 129;
    public const int Interrupted = 130;
    public const int Terminated = 143;
}
