/* Common passwords and words that people make passwords of, French and English; private to lib/auth. Stored folded:
 * lower case, no accents, no spaces. What stands behind one of them (digits, signs) does not make it another password,
 * and leet spellings fold to the same. Compiled for Scorpius from what people in French and English offices are apt to
 * choose: rows of keys, first names, clubs, seasons, greetings, trades, software, and sentences. */
#ifndef AUTH_COMMON_PASSWORDS_H
#define AUTH_COMMON_PASSWORDS_H

static const char *const common_passwords[] = {
	/* clang-format off */
	/* keys and numbers */
	"123456", "1234567", "12345678", "123456789", "1234567890", "0123456789", "987654321", "87654321",
	"111111", "000000", "112233", "121212", "123123", "123321", "147258369", "159753", "666666", "777777",
	"azerty", "azertyuiop", "azertyui", "azert", "qsdfgh", "qsdfghjklm", "wxcvbn", "aqwzsx", "azeqsd",
	"azertyqwerty", "qwerty", "qwertyuiop", "qwertz", "qwertyazerty", "asdfgh", "asdfghjkl", "zxcvbn",
	"1q2w3e4r", "1q2w3e4r5t", "1qaz2wsx", "qazwsx", "1a2z3e4r", "1a2z3e4r5t", "a1z2e3r4", "a1b2c3d4",
	"abc", "abcd", "abcdef", "abcdefg", "abcdefgh", "abcdefghi", "aaa", "aaaa", "xxx", "zzz", "poiuytreza",
	"nbvcxw", "ytreza", "ytrewq", "jklm", "uiop", "asdf", "qsdf", "wxcv", "zxcv", "abcabc", "azeaze",
	/* the word itself and access */
	"password", "passwords", "passwd", "passe", "pass", "passw", "passwort", "password123abc",
	"thepassword", "newpassword", "motdepasse", "motdepass", "monmotdepasse", "lemotdepasse",
	"mdp", "monmdp", "mdpmdp", "passpass", "passpartout", "secret", "secrets", "topsecret", "confidentiel",
	"login", "logon", "signin", "connexion", "connection", "access", "acces", "letmein", "openup",
	"sesame", "sesameouvretoi", "ouvretoi", "identifiant", "utilisateur", "user", "users", "username", "admin",
	"administrator", "administrateur", "administration", "root", "toor", "superuser", "superadmin", "supervisor",
	"guest", "invite", "default", "defaut", "changeme", "changezmoi", "changemoi", "achanger",
	"temporary", "temp", "provisoire", "initial", "test", "tests", "tester", "testing", "testtest", "essai",
	"demo", "demonstration", "example", "exemple", "sample", "system", "systeme", "security", "securite",
	"securise", "private", "prive", "public", "nopassword", "sansmotdepasse", "whatever", "nimporte",
	"peuimporte", "trustno", "noaccess", "key", "cle", "token", "code", "codesecret",
	/* greetings and words of every day */
	"welcome", "bienvenue", "bienvenu", "bonjour", "bonsoir", "bonnejournee", "bonneannee", "salut", "coucou",
	"hello", "helloworld", "hellohello", "hi", "hey", "goodbye", "aurevoir", "merci", "thankyou", "thanks",
	"silvousplait", "joyeuxnoel", "noel", "christmas", "happynewyear", "anniversaire", "birthday", "vacances",
	"weekend", "soleil", "sunshine", "sun", "lune", "moon", "etoile", "star", "stars", "starlight", "ciel", "sky",
	"plage", "beach", "ocean", "montagne", "mountain", "nature", "foret", "forest", "fleur", "fleurs",
	"flowers", "rose", "roses", "tulipe", "marguerite", "papillon", "butterfly", "liberte", "freedom",
	"egalite", "fraternite", "amour", "love", "lover", "loveyou", "iloveyou", "jetaime", "jetadore",
	"moncoeur", "coeur", "heart", "cherie", "cheri", "moncheri", "macherie", "doudou", "loulou", "bebe",
	"babygirl", "chouchou", "choupette", "choupinette", "poupette", "princesse", "princess", "prince", "queen",
	"king", "roi", "ange", "angel", "angels", "paradis", "paradise", "bonheur", "happiness", "happy", "joie",
	"hope", "faith", "jesus", "jesuschrist", "dieu", "god", "lavie", "mavie", "labelle", "lavieestbelle",
	"famille", "family", "mafamille", "maison", "home", "maman", "mamanpapa", "papa", "papamaman", "mother",
	"mummy", "daddy", "enfant", "enfants", "frere", "soeur", "brother", "sister", "friend", "friends", "ami",
	"copain", "copine", "toutou", "chat", "chaton", "minou", "chien", "dog", "doggy", "cat", "kitty",
	"dolphin", "lion", "tigre", "tiger", "loup", "wolf", "panthere", "panther", "aigle", "eagle", "cheval",
	"lapin", "rabbit", "monkey", "singe", "dragon", "dragons", "licorne", "unicorn", "canard", "poney",
	"chocolat", "chocolate", "caramel", "vanille", "vanilla", "cookie", "cookies", "cheese", "fromage", "banane",
	"cerise", "cherry", "orange", "pomme", "apple", "fraise", "cafe", "coffee", "biere", "pastis", "pizza",
	/* times and places */
	"janvier", "fevrier", "mars", "avril", "mai", "juin", "juillet", "aout", "septembre", "octobre",
	"decembre", "january", "february", "march", "april", "june", "july", "august", "september", "october",
	"december", "printemps", "ete", "automne", "hiver", "spring", "summer", "autumn", "winter", "lundi",
	"mercredi", "jeudi", "vendredi", "samedi", "dimanche", "monday", "tuesday", "wednesday", "thursday",
	"saturday", "sunday", "france", "lafrance", "vivelafrance", "francais", "paris", "marseille", "lyon",
	"bordeaux", "nantes", "lille", "strasbourg", "rennes", "montpellier", "grenoble", "toulon", "nice",
	"normandie", "alsace", "corse", "provence", "martinique", "guadeloupe", "reunion", "algerie", "maroc",
	"portugal", "italie", "espagne", "london", "londres", "england", "america", "newyork", "california",
	/* first names */
	"alexandre", "alexandra", "alexis", "amelie", "andrea", "andrew", "anthony", "antoine", "arthur",
	"axel", "camille", "caroline", "catherine", "celine", "charles", "charlie", "charlotte", "chloe",
	"christine", "christophe", "clement", "daniel", "david", "delphine", "dominique", "elodie", "emilie",
	"eric", "florian", "francois", "frederic", "gabriel", "george", "guillaume", "hugo", "isabelle",
	"jean", "jennifer", "jeremy", "jessica", "jordan", "julie", "julien", "kevin", "laura", "laurent", "lea",
	"louise", "lucas", "lucie", "manon", "marie", "marine", "martin", "mathieu", "mathilde", "maxime",
	"michael", "michel", "michelle", "mickael", "mohamed", "morgane", "nathalie", "nicolas", "nicole",
	"oceane", "pascal", "patrick", "pauline", "philippe", "pierre", "quentin", "robert", "romain", "samuel",
	"sarah", "sebastien", "sophie", "stephane", "stephanie", "thomas", "theo", "valentin", "valerie",
	"vincent", "virginie", "william", "xavier",
	/* play */
	"football", "foot", "rugby", "tennis", "basketball", "baseball", "soccer", "hockey", "golf",
	"olympiquedemarseille", "marseilleom", "allezlesbleus", "allezlom", "psg", "parissg",
	"realmadrid", "barcelona", "barcelone", "liverpool", "chelsea", "arsenal", "juventus", "ronaldo", "messi",
	"zizou", "mbappe", "champion", "champions", "winner", "gagnant", "superman", "batman", "spiderman",
	"pokemon", "pikachu", "naruto", "sangoku", "goku", "vegeta", "zelda", "mario", "sonic", "minecraft",
	"matrix", "gandalf", "harrypotter", "asterix", "obelix", "tintin", "titeuf", "doraemon", "nirvana",
	"music", "musique", "guitar", "guitare", "piano", "rocknroll", "hiphop", "computer", "ordinateur",
	"google", "facebook", "microsoft", "windows", "office", "outlook", "samsung", "iphone", "android",
	"ubuntu", "debian", "linkedin", "netflix", "youtube", "wifi", "bouygues", "ferrari", "porsche",
	"renault", "citroen", "mercedes", "mustang", "corvette", "harley", "yamaha", "killer", "shadow", "ninja",
	"hunter", "ranger", "blade", "thunder", "silver", "gold", "diamond", "diamant", "lucky", "magic",
	"fuckyou", "merde", "putain", "connard", "salope", "salopes", "asshole", "bitch", "sexy", "nique",
	/* the office */
	"travail", "boulot", "bureau", "monbureau", "patron", "chef", "directeur", "direction", "secretariat",
	"comptable", "comptabilite", "commercial", "marketing", "finance", "finances", "societe",
	"monentreprise", "company", "business", "work", "worker", "manager", "boss", "employe", "service",
	"equipe", "team", "projet", "project", "client", "clients", "marche", "marches", "marchepublic",
	"appeloffre", "appeloffres", "appeldoffres", "appelsdoffres", "consultation", "tender", "tenders", "bid",
	"offre", "offres", "candidature", "dossier", "reponse", "memoire", "memoiretechnique", "mairie",
	"departement", "region", "prefecture", "ministere", "ecole", "college", "lycee", "universite", "school",
	"etudiant", "professeur", "hopital", "docteur", "infirmiere", "pompier", "police", "gendarme",
	"informatique", "reseau", "network", "server", "serveur", "database", "oracle", "mysql", "postgres",
	"redis", "docker", "scorpius", "scorpion", "copilot", "copilote", "plateforme", "chantier", "batiment",
	/* clang-format on */
};

#endif
