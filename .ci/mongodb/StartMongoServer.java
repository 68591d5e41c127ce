import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import java.util.List;

/** Serves an empty database on a free port, prints its URL, and ends with its standard input. */
public class StartMongoServer {
    /** Drivers of today refuse servers that say less; what they then ask for, it answers. */
    private static final MongoVersion VERSION = new MongoVersion() {
        @Override
        public List<Integer> getVersionArray() {
            return List.of(5, 0, 0);
        }

        @Override
        public int getWireVersion() {
            return 13;
        }
    };

    public static void main(String[] arguments) throws Exception {
        MongoServer server = new MongoServer(new MemoryBackend().version(VERSION));
        server.bind("127.0.0.1", 0);
        System.out.println(server.getConnectionString() + "/");
        while (System.in.read() >= 0) {
            continue;
        }
        server.shutdownNow();
    }
}
