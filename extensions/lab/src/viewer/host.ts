/**
 * Tells when a viewer cannot begin: its very first request failed.
 *
 * Once anything has arrived the viewer shows its own state; before that there is nothing
 * to look at, and the saved picture is the better answer.
 */
import type { ViewerHost } from "@museion/widgets";

/** `host`, with `onFailedStart` called once if the first answer is an error. */
export function watchStart(host: ViewerHost, onFailedStart: (error: unknown) => void): ViewerHost {
  let isDecided = false;
  const watched = async <T>(answer: Promise<T>): Promise<T> => {
    try {
      const value = await answer;
      isDecided = true;
      return value;
    } catch (error) {
      if (!isDecided) {
        isDecided = true;
        onFailedStart(error);
      }
      throw error;
    }
  };
  return {
    baseUrl: host.baseUrl,
    fetchJson: <T>(path: string) => watched(host.fetchJson<T>(path)),
    fetchBytes: (path: string) => watched(host.fetchBytes(path)),
  };
}
